import { describe, expect, it, onTestFinished } from 'vitest';
import { startOtlpReceiver } from '../testing/otlp-receiver.ts';
import { loadTracing } from './load-tracing.ts';
import { parseTraceparent } from './traceparent.ts';

const resource = { service: 'notes', version: '1.0.0', instanceId: 'notes-1' };

const open = async (
  answer?: () => number,
  limits: NonNullable<Parameters<typeof loadTracing>[0]['limits']> = {},
) => {
  const receiver = await startOtlpReceiver(answer);
  onTestFinished(receiver.close);
  const failures: unknown[] = [];
  const openTracing = await loadTracing({
    endpoint: receiver.endpoint,
    onFailure: (error) => failures.push(error),
    limits: { delayMs: 60_000, ...limits },
  });
  const tracing = openTracing?.(resource);
  if (tracing === undefined) throw new Error('There is an endpoint.');
  return { receiver, tracing, failures };
};

describe('spans', () => {
  it('reach the collector with their parents, kinds, statuses and attributes, at the latest when all ends', async () => {
    const { receiver, tracing } = await open();
    const server = tracing.start('GET /api/notes', { kind: 'server' });
    const client = tracing.start('GET', {
      kind: 'client',
      parent: server.traceparent,
      attributes: { 'http.request.method': 'GET' },
    });
    client.set({ 'http.response.status_code': 503 });
    client.end('503');
    server.end();
    await tracing.close();

    const { traceId, spanId } = parseTraceparent(server.traceparent) ?? {};
    expect(receiver.spans).toEqual([
      {
        service: 'notes',
        name: 'GET',
        traceId,
        spanId: parseTraceparent(client.traceparent)?.spanId,
        parentSpanId: spanId,
        kind: 'client',
        failed: true,
        attributes: {
          'http.request.method': 'GET',
          'http.response.status_code': 503,
          'error.type': '503',
        },
      },
      {
        service: 'notes',
        name: 'GET /api/notes',
        traceId,
        spanId,
        parentSpanId: '',
        kind: 'server',
        failed: false,
        attributes: {},
      },
    ]);
    expect(tracing.report()).toEqual({ sent: 2, failed: 0, dropped: 0 });
  });

  it('continue the trace of whoever calls', async () => {
    const { receiver, tracing } = await open();
    tracing.start('work', { kind: 'server', parent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }).end();
    await tracing.close();

    expect(receiver.spans[0]).toMatchObject({ traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) });
  });

  it('are cut where a value is long', async () => {
    const { receiver, tracing } = await open();
    tracing.start('work', { kind: 'server', attributes: { 'url.path': `/${'x'.repeat(8000)}` } }).end();
    await tracing.close();

    expect(receiver.spans[0]?.attributes['url.path']).toHaveLength(1024);
  });
});

describe('a collector that is in trouble', () => {
  it('costs spans, which are counted, and is told of once', async () => {
    const { tracing, failures } = await open(() => 400, { batch: 1 });
    for (const name of ['one', 'two']) tracing.start(name, { kind: 'server' }).end();
    await tracing.close();

    expect(tracing.report()).toEqual({ sent: 0, failed: 2, dropped: 0 });
    expect(failures).toHaveLength(1);
  });

  it('has no more than the bound wait for it', async () => {
    const { tracing } = await open(undefined, { waiting: 3, batch: 3 });
    // Of one turn, so that nothing can be sent between them.
    for (let made = 0; made < 10; made += 1) tracing.start('work', { kind: 'server' }).end();
    await tracing.close();

    expect(tracing.report()).toEqual({ sent: 3, failed: 0, dropped: 7 });
  });

  it('is not waited for when all ends', async () => {
    const openTracing = await loadTracing({
      endpoint: 'http://192.0.2.1:4318', // nobody is there, and nobody says so (RFC 5737)
      onFailure: () => {},
      limits: { closeMs: 20 },
    });
    const tracing = openTracing?.(resource);
    tracing?.start('work', { kind: 'server' }).end();

    await expect(tracing?.close()).resolves.toBeUndefined();
  });
});

describe('without a collector', () => {
  it('there is nothing to trace with', async () => {
    expect(await loadTracing({ endpoint: undefined, onFailure: () => {} })).toBeUndefined();
  });
});
