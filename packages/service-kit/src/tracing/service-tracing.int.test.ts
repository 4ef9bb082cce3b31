import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOtlpReceiver } from '../testing/otlp-receiver.ts';
import { startNotes } from '../testing/start-notes.ts';
import { loadTracing } from './load-tracing.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const attempt = 'b7ad6b7169203331';
const sampled = `00-${traceId}-${attempt}-01`;

let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;
let notes: Awaited<ReturnType<typeof startNotes>>;

/** Of an instance of its own, which is stopped: then every span is out. */
const spansOf = async (work: (origin: string) => Promise<void>) => {
  const openTracing = await loadTracing({ endpoint: receiver.endpoint, onFailure: () => {} });
  receiver.spans.length = 0;
  receiver.bodies.length = 0;
  const service = await notes.startWith({ openTracing });
  await work(`http://${service.address}:${service.port}`);
  await service.stop();
  return receiver.spans;
};

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  notes = await startNotes();
});

afterAll(async () => {
  await notes.end();
  await receiver.close();
});

describe('a request of a sampled trace', () => {
  it("is a span of the service, below the caller's, named by its route, without the query", async () => {
    const spans = await spansOf(async (origin) => {
      const answer = await fetch(`${origin}/api/stars?token=hidden-1`, {
        headers: { traceparent: sampled, authorization: 'Bearer hidden-2', cookie: 'a=hidden-3' },
      });
      expect(answer.status).toBe(422);
    });

    expect(spans).toMatchObject([
      {
        service: 'notes',
        name: 'GET /api/stars',
        traceId,
        parentSpanId: attempt,
        kind: 'server',
        failed: false,
        attributes: {
          'http.request.method': 'GET',
          'url.path': '/api/stars',
          'http.route': '/api/stars',
          'http.response.status_code': 422,
        },
      },
    ]);
    expect(receiver.bodies.join()).not.toContain('hidden');
  });

  it('leads to its trace from the metrics', async () => {
    await spansOf(async (origin) => {
      await fetch(`${origin}/api/stars`, { headers: { traceparent: sampled } });
      const metrics = await fetch(`${origin}/metrics`, {
        headers: { accept: 'application/openmetrics-text' },
      });

      expect(await metrics.text()).toContain(`# {trace_id="${traceId}"}`);
    });
  });
});

describe('a request of a trace that is not sampled, or of none', () => {
  it.each([{}, { traceparent: `00-${traceId}-${attempt}-00` }])('is no span: %j', async (headers) => {
    const spans = await spansOf(async (origin) => {
      await fetch(`${origin}/api/stars`, { headers });
    });

    expect(spans).toEqual([]);
  });
});

describe('an event of a sampled trace', () => {
  it('is handled within a span below whatever said it', async () => {
    const { parts, ledger } = notes;
    const event = {
      specversion: '1.0',
      id: parts.ids.next(),
      source: 'gatehouse/test',
      type: 'gatehouse.test.happened.v1',
      subject: parts.ids.next(),
      time: new Date(parts.clock.now()).toISOString(),
      datacontenttype: 'application/json',
      data: {},
      correlationid: 'a-test',
      traceparent: sampled,
      aggregateversion: 1,
    } as const;
    const spans = await spansOf(async () => {
      await notes.running.stop(); // the other instance is the only one to hear it
      await parts.transport.publish([event]);
      await expect.poll(() => ledger.heard).toContain(event.type);
    });

    expect(spans).toMatchObject([
      { name: `process ${event.type}`, traceId, parentSpanId: attempt, kind: 'consumer', failed: false },
    ]);
  });
});
