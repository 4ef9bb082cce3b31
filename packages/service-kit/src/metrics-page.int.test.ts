import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Projection } from '@gatehouse/event-store';
import type { Messaging } from '@gatehouse/messaging';
import { metricsTable, withTable } from '@gatehouse/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpMetrics, createMetricsRegistry } from './metrics.ts';
import { addServiceGauges } from './service-gauges.ts';
import { startNotes } from './testing/start-notes.ts';
import { addTracingMetrics } from './tracing/tracing-metrics.ts';

const page = join(import.meta.dirname, '../../../docs/reference/metrics.md');
const gateway = /^gateway_/;

/** All that the kit can add, read by nobody here. */
const everything = () => {
  const registry = createMetricsRegistry('notes');
  addServiceGauges(registry, { messaging: {} as Messaging, projections: [] as Projection[] });
  addTracingMetrics(registry, () => ({ sent: 0, failed: 0, dropped: 0 }));
  createHttpMetrics(registry);
  return registry;
};

let notes: Awaited<ReturnType<typeof startNotes>>;
beforeAll(async () => {
  notes = await startNotes();
});
afterAll(() => notes.end());

// `npm test -- -u packages/service-kit/src/metrics-page` writes the table anew.
describe('what is seen: the metrics of a service', () => {
  it('are listed in docs/reference/metrics.md', async () => {
    const table = metricsTable(everything());

    await expect(withTable(readFileSync(page, 'utf8'), '## Every service', table)).toMatchFileSnapshot(page);
  });

  it('are those of a service that runs', async () => {
    const listed = new Set(
      everything()
        .getMetricsAsArray()
        .map(({ name }) => name),
    );
    const { text } = await notes.call('GET', '/metrics');
    const shown = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);

    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter((name) => !listed.has(name) || gateway.test(name))).toEqual([]);
    expect([...listed].filter((name) => !shown.includes(name))).toEqual(['trace_spans_total']); // no collector
  });

  it('have labels that the code bounds, whatever clients send', async () => {
    for (let n = 0; n < 10; n += 1) {
      await notes.call(['GET', 'PROPFIND'][n % 2] as string, `/api/notes/client-chose-${n}`);
      await notes.call('GET', `/client-chose-${n}?client-chose-${n}`);
    }
    const { text } = await notes.call('GET', '/metrics');

    expect(text).toContain('route="unmatched"');
    expect(text).not.toContain('client-chose');
  });
});
