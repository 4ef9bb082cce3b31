import { once } from 'node:events';
import { createManualClock, type ManualClock } from '@gatehouse/testing';
import { describe, expect, it, vi } from 'vitest';
import { startTestGateway } from '../fixture/start-test-gateway.ts';
import type { Answer } from '../fixture/start-upstream.ts';

/** Two instances in turn, their health left alone, and nothing but 10 retries in the budget unless a test says so. */
const config = (route = '', budget = '0%'): string => `
defaults: { retries: { attempts: 2, budget: ${budget} } }
services: { posts: { balancer: round-robin, slowStart: 0s, ejection: { failures: 1000, most: 0% } } }
routes: [{ path: /api/*, service: posts, auth: none, bodyLimit: 1mb, ${route} }]
`;

const statusOf = async (url: string, init: RequestInit = {}): Promise<number> => {
  const answer = await fetch(`${url}/api/x`, init);
  await answer.arrayBuffer();
  return answer.status;
};

const statusesOf = async (url: string, count: number): Promise<number[]> => {
  const statuses: number[] = [];
  for (let index = 0; index < count; index += 1) statuses.push(await statusOf(url));
  return statuses;
};

/** The same answers, whichever instance is asked: what is said to the first request, to the second … */
const inOrder = (say: (count: number) => Answer): Answer => {
  let count = 0;
  return (...asked) => say(++count)(...asked);
};
const ok: Answer = (_request, response) => response.end('ok');
const refuse =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, headers).end();

/** A clock that a test moves, on which a wait of no time is over at once. */
const createStandingClock = (): ManualClock => {
  const clock = createManualClock();
  const schedule: ManualClock['schedule'] = (delayMs, task) => {
    if (delayMs > 0) return clock.schedule(delayMs, task);
    const immediate = setImmediate(task);
    return () => clearImmediate(immediate);
  };
  return { ...clock, schedule };
};

const startTwo = async (answer: Answer, yaml = config()) => {
  const clock = createStandingClock();
  const started = await startTestGateway({ config: yaml, clock, answer });
  const other = await started.addInstance(answer);
  const asked = () => started.upstream.received.length + other.received.length;
  return { ...started, other, asked, clock };
};

describe('retries: the budget', () => {
  it('is 10 without any traffic, then failures are passed on', async () => {
    const { url, asked } = await startTwo(inOrder((count) => (count % 3 === 0 ? refuse(502) : ok)));

    const statuses = await statusesOf(url, 60);

    expect(asked() - 60).toBe(10);
    expect(statuses.filter((status) => status === 502).length).toBeGreaterThan(5);
  });

  it('earns 0.2 of a token with each request', async () => {
    const answer = inOrder((count) => (count % 3 === 0 ? refuse(502) : ok));
    const { url, asked } = await startTwo(answer, config('', '20%'));

    await statusesOf(url, 100);

    expect(asked() - 100).toBeGreaterThanOrEqual(29);
    expect(asked() - 100).toBeLessThanOrEqual(30);
  });

  it('gets 10 a second back', async () => {
    const { url, asked, clock } = await startTwo(inOrder((count) => (count % 3 === 0 ? refuse(502) : ok)));
    await statusesOf(url, 60);
    const before = asked();
    await clock.advance(500);
    await statusesOf(url, 60);

    expect(asked() - before - 60).toBe(5);
  });

  it('is not asked for an attempt that never connected: that is free', async () => {
    const { url, upstream, other } = await startTwo(ok);
    await upstream.kill();

    expect(await statusesOf(url, 60)).toEqual(Array(60).fill(200));
    expect(other.received.length).toBe(60);
  });
});

describe('retries: Retry-After is honoured (seconds)', () => {
  it('waits as long as the answer asks for', async () => {
    const answer = inOrder((count) => (count === 1 ? refuse(503, { 'retry-after': '2' }) : ok));
    const { url, asked, clock } = await startTwo(answer);
    const status = statusOf(url);
    await vi.waitFor(() => expect(clock.pending()).toBe(1));
    await vi.waitFor(() => expect(asked()).toBe(1));
    await clock.advance(1999);
    expect(asked()).toBe(1);
    await clock.advance(1);

    expect(await status).toBe(200);
    expect(asked()).toBe(2);
  });

  it('ends the wait when the client hangs up', async () => {
    const { url, asked, clock } = await startTwo(refuse(503, { 'retry-after': '2' }));
    const leaving = new AbortController();
    const status = statusOf(url, { signal: leaving.signal });
    await vi.waitFor(() => expect(asked()).toBe(1));
    leaving.abort();
    await expect(status).rejects.toThrow('abort');
    await vi.waitFor(() => expect(clock.pending()).toBe(0));
    await clock.advance(5000);

    expect(asked()).toBe(1);
  });

  it('is not waited for where it is a date', async () => {
    const date = { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' };
    const { url } = await startTwo(inOrder((count) => (count === 1 ? refuse(503, date) : ok)));

    expect(await statusOf(url)).toBe(200);
  });
});

describe('retries: the failed response is cancelled first', () => {
  it('is not read to its end', async () => {
    let cancelled: Promise<unknown> | undefined;
    const endless: Answer = (_request, response) => {
      response.writeHead(503).write('x'.repeat(100_000));
      cancelled = once(response, 'close');
    };
    const answer = inOrder((count) => (count === 1 ? endless : ok));
    const { url } = await startTwo(answer);

    expect(await statusOf(url)).toBe(200);
    await cancelled;
  });
});

describe('retries: the body is replayed from memory up to 64 KiB', () => {
  const failsOnce = () => inOrder((count) => (count === 1 ? refuse(502) : ok));

  it('goes out again as it was', async () => {
    const { url, upstream, other } = await startTwo(failsOnce());
    const body = 'b'.repeat(65_536);

    expect(await statusOf(url, { method: 'PUT', body })).toBe(200);
    expect([...upstream.received, ...other.received].map((received) => received.body)).toEqual([body, body]);
  });

  it('is streamed if it is larger, and not sent twice', async () => {
    const { url, upstream, other } = await startTwo(failsOnce());

    expect(await statusOf(url, { method: 'PUT', body: 'b'.repeat(65_537) })).toBe(502);
    expect(upstream.received.length + other.received.length).toBe(1);
  });
});

describe('retries: local refusals are never retried', () => {
  it('circuit_open', async () => {
    const { url, gateway, asked } = await startTwo(ok);
    gateway.inspection.setBreaker('posts', 'open');
    const answer = await fetch(`${url}/api/x`);

    expect(await answer.json()).toMatchObject({ code: 'circuit_open' });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(asked()).toBe(0);
  });

  it('overloaded', async () => {
    const full = config().replace('slowStart', 'maxInFlight: 1, slowStart');
    let release = (): void => {};
    const holding: Answer = (_request, response) => {
      release = () => response.end();
    };
    const { url, gateway, asked, clock } = await startTwo(holding, full);
    const first = statusOf(url);
    await vi.waitFor(() => expect(asked()).toBe(1));
    const answer = await fetch(`${url}/api/x`);

    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({ code: 'overloaded' });
    expect(clock.pending()).toBe(1);
    expect(gateway.inspection.breakers()).toMatchObject([{ failures: 0 }]);
    release();
    expect(await first).toBe(200);
    expect(asked()).toBe(1);
  });
});
