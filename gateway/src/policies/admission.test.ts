import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startTestGateway } from '../fixture/start-test-gateway.ts';
import type { Answer } from '../fixture/start-upstream.ts';

/** Room for ten: of those nine for who signed in, seven for everybody. */
const tenAtOnce = (route = 'auth: optional', concurrency = 'max: 10'): string => `
services: { posts: { concurrency: { ${concurrency} } } }
routes: [{ path: /api/*, service: posts, ${route} }]
`;

/** A service that answers when it is told to, and a test that waits for what it asked. */
const start = async (config = tenAtOnce()) => {
  const held: (() => void)[] = [];
  const asked: Promise<number>[] = [];
  const answer: Answer = (_request, response) => {
    held.push(() => response.end('done'));
  };
  const started = await startTestGateway({ config, answer, clock: createManualClock() });
  const ask = (headers: Record<string, string> = {}) => fetch(`${started.url}/api/x`, { headers });
  const statusOf = async (headers?: Record<string, string>): Promise<number> => {
    const got = await ask(headers);
    await got.arrayBuffer();
    return got.status;
  };
  const fill = async (count: number, headers?: Record<string, string>): Promise<void> => {
    const before = held.length;
    for (let call = 0; call < count; call += 1) asked.push(statusOf(headers));
    await vi.waitFor(() => expect(held.length).toBe(before + count));
  };
  const letGo = async (): Promise<number[]> => {
    for (const end of held.splice(0)) end();
    return Promise.all(asked);
  };
  onTestFinished(async () => void (await letGo()));
  const load = async () =>
    (await started.gateway.inspection.services()).find(({ name }) => name === 'posts')?.load;
  return { ...started, held, ask, statusOf, fill, letGo, load };
};

const user = { authorization: 'Bearer user-1' };
const admin = { authorization: 'Bearer admin-1' };

describe('load: over what a service takes', () => {
  it('is 503 overloaded at once, with Retry-After', async () => {
    const { ask, fill, letGo } = await start();
    await fill(7);
    const refused = await ask();

    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: 'overloaded' });
    expect(await letGo()).toEqual(Array(7).fill(200));
    await fill(7);
  });

  it('the more important come first: admin, signed-in, anonymous', async () => {
    const { statusOf, fill, load } = await start();
    await fill(7);
    expect(await statusOf()).toBe(503);
    await fill(2, user);
    expect(await statusOf(user)).toBe(503);
    await fill(1, admin);
    expect(await statusOf(admin)).toBe(503);

    expect(await load()).toEqual({
      limit: 10,
      inFlight: 10,
      refused: { health: 0, admin: 1, 'signed-in': 1, anonymous: 1 },
    });
  });

  it('a route may say how important it is', async () => {
    const low = await start(tenAtOnce('auth: optional, priority: low'));
    await low.fill(7, admin);
    expect(await low.statusOf(admin)).toBe(503);

    const high = await start(tenAtOnce('auth: none, priority: high'));
    await high.fill(10);
    expect(await high.statusOf()).toBe(503);
  });

  it('is no sample of the breaker, and never tried again', async () => {
    const { statusOf, fill, gateway, held } = await start();
    await fill(7);
    for (let call = 0; call < 30; call += 1) await statusOf();

    expect(gateway.inspection.breakers()).toMatchObject([{ state: 'closed', failures: 0, successes: 0 }]);
    expect(held.length).toBe(7);
    expect(await gateway.inspection.metrics.metrics()).toContain(
      'gateway_overloaded_total{service="posts",priority="anonymous"} 30',
    );
  });
});

describe('load: what counts as under way', () => {
  it('ends with the head of the answer: a stream takes no room', async () => {
    const stream: Answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
    };
    const { url, gateway } = await startTestGateway({ config: tenAtOnce(), answer: stream });
    const leaving = new AbortController();
    const streams = await Promise.all(
      Array.from({ length: 6 }, () => fetch(`${url}/api/x`, { signal: leaving.signal })),
    );
    for (let more = 0; more < 6; more += 1)
      streams.push(await fetch(`${url}/api/x`, { signal: leaving.signal }));

    expect(streams.map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(await gateway.inspection.services()).toMatchObject([{ inFlight: 12, load: { inFlight: 0 } }]);
    leaving.abort();
  });

  it('is not what waits on purpose', async () => {
    const { fill, load } = await start(tenAtOnce('auth: none, waits: true'));
    await fill(20);

    expect(await load()).toMatchObject({ inFlight: 0 });
  });

  it.each([
    ['breaks the connection', ((request) => request.socket.destroy()) as Answer],
    ['answers 500', ((_request, response) => response.writeHead(500).end()) as Answer],
    ['answers 503', ((_request, response) => response.writeHead(503).end()) as Answer],
    ['is asked by a client that hangs up', undefined],
  ])('is counted out when the service %s', async (_name, answer) => {
    const { url, upstream, gateway } = await startTestGateway({
      config: tenAtOnce('auth: none, retries: { attempts: 2 }'),
      answer: answer ?? (() => {}),
    });
    const leaving = new AbortController();
    const asked = fetch(`${url}/api/x`, { signal: leaving.signal }).catch(() => undefined);
    await vi.waitFor(() => expect(upstream.received.length).toBeGreaterThan(0));
    if (answer === undefined) leaving.abort();
    await asked;

    await vi.waitFor(async () =>
      expect(await gateway.inspection.services()).toMatchObject([{ inFlight: 0, load: { inFlight: 0 } }]),
    );
  });
});

describe('load: a service whose limit is not to be found out', () => {
  it('takes as many as its bulkhead holds', async () => {
    const { fill, load } = await start(tenAtOnce('auth: none', 'adaptive: false, max: 10'));
    await fill(20);

    expect(await load()).toBeUndefined();
  });
});

describe('load: a service that has too much to do', () => {
  it('is not asked again: its 503 is passed on as it is', async () => {
    const config = `
services: { posts: { balancer: round-robin } }
routes: [{ path: /api/*, service: posts, auth: none }]
`;
    const busy: Answer = (_request, response) => response.writeHead(503, { 'retry-after': '1' }).end();
    const { url, upstream, addInstance } = await startTestGateway({ config, answer: busy });
    const other = await addInstance(busy);
    // While it is not known to be overloaded, a Retry-After is waited for: POSTs are not sent twice, so they say it first.
    for (let call = 0; call < 10; call += 1) await fetch(`${url}/api/x`, { method: 'POST' });
    const before = upstream.received.length + other.received.length;
    const answer = await fetch(`${url}/api/x`);

    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(upstream.received.length + other.received.length - before).toBe(1);
  });
});
