import { Counter, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { exposeMetrics } from './expose-metrics.ts';

const setUp = () => {
  const registry = new Registry();
  registry.setDefaultLabels({ service: 'notes' });
  const registers = [registry];
  new Counter({ name: 'notes_total', help: 'Notes.', registers }).inc(3);
  const duration = new Histogram<'trace_id'>({
    name: 'notes_seconds',
    help: 'Time.',
    buckets: [1, 5],
    enableExemplars: true,
    registers: [],
  });
  registry.registerMetric(duration);
  duration.observe({ value: 2, exemplarLabels: { trace_id: 'abc' } });
  return registry;
};

const openMetrics = 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5';

describe('metrics that are asked for', () => {
  it('come as plain text without exemplars', async () => {
    const { type, body } = await exposeMetrics(setUp());

    expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(body).toContain('notes_total{service="notes"} 3');
    expect(body).not.toContain('abc');
  });

  it('come as OpenMetrics with their exemplars, if that is wanted', async () => {
    const { type, body } = await exposeMetrics(setUp(), openMetrics);

    expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(body).toContain('# TYPE notes counter');
    expect(body).toContain('notes_total{service="notes"} 3');
    expect(body).toMatch(/notes_seconds_bucket\{le="5",service="notes"\} 1 # \{trace_id="abc"\} 2 [\d.]+\n/);
    expect(body.endsWith('# EOF\n')).toBe(true);
  });

  it('are as they were for whoever asks next', async () => {
    const registry = setUp();
    const { body: before } = await exposeMetrics(registry);
    await exposeMetrics(registry, openMetrics);

    expect((await exposeMetrics(registry)).body).toBe(before);
  });
});
