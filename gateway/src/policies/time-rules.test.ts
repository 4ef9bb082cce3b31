import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it, vi } from 'vitest';
import { startTestGateway } from '../fixture/start-test-gateway.ts';
import type { Answer } from '../fixture/start-upstream.ts';

const routed = (route: string): string => `
services: { posts: { balancer: round-robin, slowStart: 0s } }
routes: [{ path: /api/*, service: posts, auth: none, ${route} }]
`;
const silent: Answer = () => {};

const start = async (route: string, instances = 1, answer = silent) => {
  const clock = createManualClock();
  const started = await startTestGateway({ config: routed(route), clock, answer });
  const upstreams = [started.upstream];
  while (upstreams.length < instances) upstreams.push(await started.addInstance(answer));
  const asked = () => upstreams.reduce((sum, { received }) => sum + received.length, 0);
  const ask = (method = 'GET') => {
    let status: number | undefined;
    const answered = fetch(`${started.url}/api/x`, { method }).then(async (got) => {
      await got.arrayBuffer();
      status = got.status;
    });
    return { answered, status: () => status };
  };
  /** Time passes once so many requests have arrived. */
  const pass = async (ms: number, arrived: number): Promise<void> => {
    await vi.waitFor(() => expect(asked()).toBe(arrived));
    await clock.advance(ms);
  };
  return { ...started, clock, ask, asked, pass };
};

describe('time: one deadline for all attempts and waits (15 s)', () => {
  it('ends a try that has time of its own left: 504, never retried', async () => {
    const { ask, pass, asked } = await start('timeout: 3s, tryTimeout: 2s', 3);
    const { answered, status } = ask();
    await pass(2000, 1);
    await pass(999, 2);
    expect(status()).toBeUndefined();
    await pass(1, 2);
    await answered;

    expect(status()).toBe(504);
    expect(asked()).toBe(2);
  });

  it('is 15 s where nothing else is said', async () => {
    const { ask, pass } = await start('tryTimeout: 15s');
    const { answered, status } = ask();
    await pass(14_999, 1);
    expect(status()).toBeUndefined();
    await pass(1, 1);
    await answered;

    expect(status()).toBe(504);
  });

  it('is not begun with a wait that it has no room for', async () => {
    const later: Answer = (_request, response) => response.writeHead(503, { 'retry-after': '3' }).end();
    const { ask, asked } = await start('timeout: 3s', 2, later);
    const { answered, status } = ask();
    await answered;

    expect([status(), asked()]).toEqual([503, 1]);
  });
});

describe('time: per try 2 s to the headers of the response', () => {
  it('then another instance is asked', async () => {
    const { ask, pass, asked } = await start('', 2);
    const { answered, status } = ask();
    await pass(1999, 1);
    expect(asked()).toBe(1);
    await pass(1, 1);
    await pass(2000, 2);
    await answered;

    expect([status(), asked()]).toEqual([504, 2]);
  });

  it('6 s where a route says that it waits', async () => {
    const { ask, pass } = await start('waits: true');
    const { answered, status } = ask();
    await pass(5999, 1);
    expect(status()).toBeUndefined();
    await pass(1, 1);
    await answered;

    expect(status()).toBe(504);
  });

  it('an event stream has no end by time once its headers are there', async () => {
    let say = (_text: string): void => {};
    const { url, clock } = await start('', 1, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      say = (text) => response.write(text);
    });
    const leaving = new AbortController();
    const answer = await fetch(`${url}/api/x`, { signal: leaving.signal });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await clock.advance(60_000);
    say('data: 2\n\n');
    const { value } = await reader.read();

    expect(Buffer.from(value as Uint8Array).toString()).toBe('data: 2\n\n');
    leaving.abort();
  });
});

describe('time: X-Request-Deadline', () => {
  it('tells the service when the time of all tries ends, the same at each', async () => {
    const { url, clock, upstream, addInstance } = await start('timeout: 4s', 1);
    const other = await addInstance((_request, response) => response.end());
    const deadlineMs = clock.now() + 4000;
    const answers: Promise<Response>[] = [fetch(`${url}/api/x`)];
    await vi.waitFor(() => expect(upstream.received.length + other.received.length).toBe(1));
    if (upstream.received.length === 0) answers.push(fetch(`${url}/api/x`));
    await vi.waitFor(() => expect(upstream.received.length).toBe(1));
    await clock.advance(2000);
    await Promise.all(answers);

    const told = [...upstream.received, ...other.received].map(
      ({ headers }) => headers['x-request-deadline'],
    );
    expect(new Set(told)).toEqual(new Set([String(deadlineMs)]));
    expect(told.length).toBeGreaterThanOrEqual(2);
  });
});
