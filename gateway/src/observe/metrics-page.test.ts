import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tracing } from '@gatehouse/service-kit';
import { metricsTable, sequentialIds, withTable } from '@gatehouse/testing';
import { describe, expect, it, vi } from 'vitest';
import { createAdminApp } from '../admin/admin-app.ts';
import { everyFeature } from '../fixture/every-feature.ts';
import { startTestGateway } from '../fixture/start-test-gateway.ts';

const page = join(import.meta.dirname, '../../../docs/reference/metrics.md');

const noSpans: Tracing = {
  start: () => ({ traceparent: '', set: () => {}, end: () => {} }),
  report: () => ({ sent: 0, failed: 0, dropped: 0 }),
  close: async () => {},
};

const start = () =>
  startTestGateway({
    config: everyFeature,
    tracing: noSpans,
    createFallback: (parts) => createAdminApp(parts, { version: '1.0.0', ids: sequentialIds() }),
    answer: (request, response) => response.writeHead(request.url?.includes('bad') ? 503 : 200).end('{}'),
  });

// `npm test -- -u gateway/src/observe` writes the table anew.
describe('what is seen: the metrics of the gateway', () => {
  it('are listed in docs/reference/metrics.md', async () => {
    const { gateway } = await start();
    const table = metricsTable(gateway.inspection.metrics);

    await expect(withTable(readFileSync(page, 'utf8'), '## The gateway', table)).toMatchFileSnapshot(page);
  });

  it('have labels that the configuration bounds, whatever clients send', async () => {
    const { gateway, url } = await start();
    const { metrics } = gateway.inspection;
    const paths = [
      '/api/x',
      '/api/bad',
      '/api/kept/',
      '/api/small/',
      '/api/limited/',
      '/api/closed/',
      '/no/',
    ];
    const requests = Array.from({ length: 42 }, (_, n): [string, RequestInit] => [
      `${paths[n % paths.length]}client-chose-${n}?client-chose-${n}`,
      {
        method: ['GET', 'POST', 'DELETE', 'PROPFIND'][n % 4] as string,
        headers: {
          ...{ 'x-request-id': `client-chose-${n}`, authorization: `Bearer client-chose-${n}` },
          ...{ origin: `http://client-chose-${n}`, 'idempotency-key': `client-chose-${n}` },
          ...{ 'accept-version': `${n}.0.0`, 'x-api-key': `client-chose-${n}` },
        },
      },
    ]);
    for (const [path, init] of requests) await (await fetch(url + path, init)).text();
    await vi.waitFor(async () =>
      expect(await metrics.getSingleMetricAsString('gateway_requests_total')).toContain('"limited"'),
    );

    for (const { name, values } of await metrics.getMetricsAsJSON()) {
      for (const { labels } of values) {
        for (const [label, value] of Object.entries(labels)) {
          const bound = bounds[label];
          expect(bound, `${name} has a label "${label}" that this test knows no bound of`).toBeDefined();
          expect(String(value), `${name}{${label}}`).toMatch(bound as RegExp);
        }
      }
    }
    expect(await metrics.metrics()).not.toContain('client-chose');
  });
});

const code = /^[a-z_-]{1,40}$/;
const routes = 'plain|kept|small|limited|socket|closed';

/** Every label there may be, and what bounds its values: the configuration of this test, or words of the code. */
const bounds: Readonly<Record<string, RegExp>> = {
  route: new RegExp(`^(?:none|unmatched|${routes}|/[a-zA-Z/:.-]+)$`),
  service: /^(?:none|posts)$/,
  limit: new RegExp(`^(?:address|credentials|default|${routes})$`),
  status: /^(?:[1-5]xx|[1-5]\d\d)$/,
  method: /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|other)$/,
  le: /^(?:[\d.]+|\+Inf)$/,
  ...{
    mode: code,
    outcome: code,
    state: code,
    cause: code,
    reason: code,
    priority: code,
    code,
    result: code,
  },
  ...{ coding: code, store: code, decision: code },
  // prom-client's own: of the process and of Node.
  ...{ version: /^v\d+\.\d+\.\d+/, major: /^\d+$/, minor: /^\d+$/, patch: /^\d+$/ },
  ...{ kind: code, space: code, type: /^\w{1,40}$/ },
};
