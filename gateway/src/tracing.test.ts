import { systemClock } from '@gatehouse/resilience';
import { createApiHandler, loadTracing, ok, route } from '@gatehouse/service-kit';
import { startOtlpReceiver } from '@gatehouse/service-kit/testing';
import { captureLogger, sequentialIds } from '@gatehouse/testing';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fakeVerifier } from './fixture/fake-verifier.ts';
import { startTestGateway, type TestGatewayOptions } from './fixture/start-test-gateway.ts';
import type { Answer } from './fixture/start-upstream.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const caller = 'b7ad6b7169203331';
const sampled = `00-${traceId}-${caller}-01`;
const always = `
defaults: { trace: { sample: 100% } }
routes: [{ name: open, path: /api/*, service: posts, auth: none }]
`;

const start = async (options: TestGatewayOptions = {}, endpoint?: string) => {
  const receiver = await startOtlpReceiver();
  onTestFinished(receiver.close);
  const openTracing = await loadTracing({ endpoint: endpoint ?? receiver.endpoint, onFailure: () => {} });
  const tracing = openTracing?.({ service: 'gateway', version: '1.0.0', instanceId: 'gateway-1' });
  if (tracing === undefined) throw new Error('There is an endpoint.');
  const started = await startTestGateway({ config: always, ...options, tracing });
  return {
    ...started,
    tracing,
    receiver,
    call: async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(started.url + path, init);
      await answer.text();
      return answer.status;
    },
    /** All that were made: the collector has them when the tracing is closed. */
    spans: async (count: number) => {
      await vi.waitFor(() => expect(started.logger.lines.length).toBeGreaterThan(0));
      await tracing.close();
      expect(receiver.spans).toHaveLength(count);
      return {
        server: receiver.spans.filter(({ kind }) => kind === 'server'),
        client: receiver.spans.filter(({ kind }) => kind === 'client'),
      };
    },
  };
};

describe('what is seen: the trace of a request with one retry', () => {
  it('is one span of the gateway and one for each attempt, whose id the service has as its parent', async () => {
    let calls = 0;
    const answer: Answer = (_request, response) => response.writeHead(++calls === 1 ? 503 : 200).end();
    const gateway = await start({ answer });
    const other = await gateway.addInstance(answer);
    expect(
      await gateway.call('/api/x?token=hidden', { headers: { traceparent: sampled, tracestate: 'a=1' } }),
    ).toBe(200);
    const { server, client } = await gateway.spans(3);

    expect(server).toMatchObject([
      {
        ...{ service: 'gateway', name: 'GET /api/*', traceId, parentSpanId: caller, failed: false },
        attributes: {
          ...{ 'http.request.method': 'GET', 'url.path': '/api/x', 'http.route': '/api/*' },
          ...{ 'http.response.status_code': 200, 'gatehouse.route': 'open', 'gatehouse.attempts': 2 },
        },
      },
    ]);
    const parentSpanId = server[0]?.spanId;
    const received = [gateway.upstream, other].flatMap((upstream) => upstream.received);
    expect(client).toMatchObject([
      {
        ...{ name: 'GET', traceId, parentSpanId, failed: true },
        attributes: { 'http.response.status_code': 503, 'error.type': '503', 'server.address': '127.0.0.1' },
      },
      {
        ...{ name: 'GET', traceId, parentSpanId, failed: false },
        attributes: { 'http.response.status_code': 200, 'http.request.resend_count': 1 },
      },
    ]);
    const heard = received.map(({ headers }) => [headers.traceparent, headers.tracestate]);
    expect(new Set(heard.map(String))).toEqual(
      new Set(client.map(({ spanId }) => `00-${traceId}-${spanId}-01,a=1`)),
    );
  });

  it('tells an instance that cannot be reached from one that answers', async () => {
    const gateway = await start();
    await gateway.addInstance();
    await gateway.upstream.kill();
    expect([await gateway.call('/api/x'), await gateway.call('/api/y')]).toEqual([200, 200]);
    await vi.waitFor(() => expect(gateway.logger.lines.length).toBeGreaterThanOrEqual(2));
    await gateway.tracing.close();

    const failed = gateway.receiver.spans.filter((span) => span.failed);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.every(({ attributes }) => attributes['error.type'] === 'connect')).toBe(true);
  });
});

describe('what is seen: the trace of a request through gateway and service', () => {
  it("has the service's span below the gateway's attempt", async () => {
    const receiver = await startOtlpReceiver();
    onTestFinished(receiver.close);
    const openTracing = await loadTracing({ endpoint: receiver.endpoint, onFailure: () => {} });
    const notes = openTracing?.({ service: 'notes', version: '1.0.0', instanceId: 'notes-1' });
    const { app } = createApiHandler({
      ...{ name: 'notes', version: '1.0.0', tracing: notes, verifier: fakeVerifier, metrics: new Registry() },
      ...{ clock: systemClock, ids: sequentialIds(), logger: captureLogger() },
      routes: [route('GET /api/x/:name', { auth: 'none', summary: 'A note' }, () => ok('a note'))],
    });
    const gateway = await start({ raw: app });
    expect(await gateway.call('/api/x/1')).toBe(200);
    const { client } = await gateway.spans(2);
    await notes?.close();

    expect(receiver.spans).toMatchObject([
      {
        ...{ service: 'notes', name: 'GET /api/x/:name', kind: 'server' },
        ...{ traceId: client[0]?.traceId, parentSpanId: client[0]?.spanId },
      },
    ]);
  });
});

describe('what is seen: which traces are sampled', () => {
  it.each([
    ['a caller who samples', { traceparent: sampled }, '0%', 2],
    ['a caller who does not', { traceparent: `00-${traceId}-${caller}-00` }, '100%', 0],
    ['nobody before, and all of them', {}, '100%', 2],
    ['nobody before, and none of them', {}, '0%', 0],
    ['a broken header, as if there were none', { traceparent: 'nonsense', tracestate: 'a=1' }, '100%', 2],
  ])('%s', async (_, headers, sample, count) => {
    const gateway = await start({ config: always.replace('100%', sample) });
    await gateway.call('/api/x', { headers });
    await gateway.spans(count);

    const [{ headers: sent } = { headers: {} as Record<string, string> }] = gateway.upstream.received;
    expect(sent.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    expect(String(sent.traceparent).endsWith('1')).toBe(count > 0);
    expect(sent.tracestate).toBeUndefined();
  });

  it('also those that no route takes, which have no attempt', async () => {
    const gateway = await start();
    await gateway.call('/nowhere');
    const { server } = await gateway.spans(1);

    expect(server).toMatchObject([{ name: 'GET', parentSpanId: '', attributes: { 'url.path': '/nowhere' } }]);
  });
});

describe('what is seen: spans', () => {
  it('hold no secret', async () => {
    const gateway = await start();
    await gateway.call('/api/x?key=hidden', {
      method: 'POST',
      body: 'hidden',
      headers: { authorization: 'Bearer hidden', cookie: 'a=hidden', 'x-api-key': 'hidden' },
    });
    await gateway.spans(2);

    expect(gateway.receiver.bodies.join()).not.toContain('hidden');
  });

  it('are counted, and lead from the metrics to their trace', async () => {
    const gateway = await start();
    await gateway.call('/api/x', { headers: { traceparent: sampled } });
    await gateway.spans(2);

    const { metrics } = gateway.gateway.inspection;
    expect(await metrics.metrics()).toContain('trace_spans_total{outcome="sent"} 2');
    expect(JSON.stringify(await metrics.getMetricsAsJSON())).toContain(`"trace_id":"${traceId}"`);
  });

  it('that no collector takes disturb no request', async () => {
    const gateway = await start({}, 'http://127.0.0.1:9');
    const statuses = await Promise.all(Array.from({ length: 20 }, (_, n) => gateway.call(`/api/${n}`)));

    expect(new Set(statuses)).toEqual(new Set([200]));
    await gateway.tracing.close();
    expect(gateway.tracing.report().sent).toBe(0);
  });
});
