import { describe, expect, it } from 'vitest';
import { instanceAt } from '../fixture/fake-registry.ts';
import { sendRaw } from '../fixture/raw-request.ts';
import { startTestGateway } from '../fixture/start-test-gateway.ts';
import type { Answer } from '../fixture/start-upstream.ts';

const roundRobin = (route: string): string => `
services: { posts: { balancer: round-robin } }
routes: [{ path: /api/*, service: posts, auth: none, ${route} }]
`;
const twoWays = roundRobin('idempotencyKeys: true, tryTimeout: 150ms');

const refuse =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    response.writeHead(status, headers).end();
const reset: Answer = (request) => request.socket.destroy();
const silent: Answer = () => {};

const statusOf = async (
  url: string,
  method = 'GET',
  headers: Record<string, string> = {},
): Promise<number> => {
  const body = method === 'POST' || method === 'PUT' ? { body: 'effect' } : {};
  const answer = await fetch(`${url}/api/x`, { method, headers, ...body });
  await answer.arrayBuffer();
  return answer.status;
};

describe('an instance that is dead', () => {
  it.each(['GET', 'POST', 'PATCH', 'DELETE'])('costs a %s nothing: not a byte was sent', async (method) => {
    const { url, upstream, addInstance, gateway } = await startTestGateway({ config: twoWays });
    const other = await addInstance();
    await upstream.kill();

    const statuses = [await statusOf(url, method), await statusOf(url, method), await statusOf(url, method)];

    expect(statuses).toEqual([200, 200, 200]);
    expect(other.received).toHaveLength(3);
    expect(await gateway.inspection.metrics.metrics()).toMatch(
      /gateway_retries_total\{[^}]*service="posts"\} [12]/,
    );
  });

  it('does not open the breaker of a service whose other instance is well', async () => {
    const config = 'routes: [{ path: /api/*, service: posts, auth: none }]';
    const { url, upstream, addInstance, gateway } = await startTestGateway({ config });
    await addInstance();
    await upstream.kill();

    const statuses = [];
    for (let index = 0; index < 30; index += 1) statuses.push(await statusOf(url));

    expect(statuses).toEqual(Array(30).fill(200));
    expect(gateway.inspection.breakers()).toMatchObject([{ state: 'closed', failures: 0 }]);
  });

  it('is 503 at once when there is no other', async () => {
    const { url, upstream } = await startTestGateway({ config: twoWays });
    await upstream.kill();

    const answer = await fetch(`${url}/api/x`);

    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({ code: 'service_unavailable' });
  });

  it('lets even a streamed body go to another, since nothing of it was read', async () => {
    const { url, upstream, addInstance } = await startTestGateway({ config: twoWays });
    const other = await addInstance();
    await upstream.kill();
    const body = 'x'.repeat(200_000);

    const answers = [
      await fetch(`${url}/api/x`, { method: 'POST', body }),
      await fetch(`${url}/api/x`, { method: 'POST', body }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(other.received.map((received) => received.body.length)).toEqual([200_000, 200_000]);
  });
});

describe.each([
  ['breaks the connection', reset],
  ['answers 502', refuse(502)],
  ['answers 503', refuse(503)],
  ['answers 504', refuse(504)],
  ['never answers', silent],
])('an instance that %s', (_name, answer) => {
  it('is left for another by requests that may be sent twice', async () => {
    const { url, addInstance } = await startTestGateway({ config: twoWays, answer });
    await addInstance();

    expect([await statusOf(url), await statusOf(url, 'PUT'), await statusOf(url, 'DELETE')]).toEqual([
      200, 200, 200,
    ]);
  });

  it('is not left by a POST: its effect may have happened', async () => {
    const { url, addInstance } = await startTestGateway({ config: twoWays, answer });
    const other = await addInstance();

    const statuses = [await statusOf(url, 'POST'), await statusOf(url, 'POST')];

    expect(statuses).toContain(200);
    expect(statuses.find((status) => status !== 200)).toBeGreaterThanOrEqual(502);
    expect(other.received).toHaveLength(1);
  });

  it('is left by a POST with an Idempotency-Key, where the route says so', async () => {
    const { url, addInstance } = await startTestGateway({ config: twoWays, answer });
    const other = await addInstance();
    const key = { 'idempotency-key': 'abc' };

    expect([await statusOf(url, 'POST', key), await statusOf(url, 'POST', key)]).toEqual([200, 200]);
    expect(other.received.map(({ body }) => body)).toEqual(['effect', 'effect']);
  });

  it('is not left by a POST with an Idempotency-Key on any other route', async () => {
    const config = roundRobin('tryTimeout: 150ms');
    const { url, addInstance } = await startTestGateway({ config, answer });
    await addInstance();
    const key = { 'idempotency-key': 'abc' };

    const statuses = [await statusOf(url, 'POST', key), await statusOf(url, 'POST', key)];

    expect(statuses.some((status) => status >= 502)).toBe(true);
  });
});

describe('a request that was tried as often as it may be', () => {
  it('gets the last answer as it is', async () => {
    const { url, upstream, addInstance } = await startTestGateway({
      config: roundRobin('retries: { attempts: 1 }'),
      answer: refuse(503, { 'x-who': 'me' }),
    });
    const second = await addInstance(refuse(503, { 'x-who': 'me' }));
    const third = await addInstance(refuse(503, { 'x-who': 'me' }));

    const answer = await fetch(`${url}/api/x`);

    expect(answer.status).toBe(503);
    expect(answer.headers.get('x-who')).toBe('me');
    expect(upstream.received.length + second.received.length + third.received.length).toBe(2);
  });

  it('never goes twice to an instance that refused it', async () => {
    const { url, upstream, addInstance } = await startTestGateway({ config: twoWays, answer: refuse(502) });
    const second = await addInstance(refuse(502));

    expect(await statusOf(url)).toBe(502);
    expect([upstream.received.length, second.received.length]).toEqual([1, 1]);
  });
});

describe('a connection that the only instance closes while the request comes', () => {
  it('is opened anew for a request that may be sent twice', async () => {
    let first = true;
    const { url } = await startTestGateway({
      config: twoWays,
      answer: (request, response) => {
        if (first) request.socket.destroy();
        else response.end('ok');
        first = false;
      },
    });

    expect(await statusOf(url)).toBe(200);
  });
});

describe('what is final', () => {
  it('a 500 of a service', async () => {
    const { url, addInstance, upstream } = await startTestGateway({ config: twoWays, answer: refuse(500) });
    const other = await addInstance(refuse(500));

    expect(await statusOf(url)).toBe(500);
    expect(upstream.received.length + other.received.length).toBe(1);
  });

  it('a 503 of a route that waits on purpose', async () => {
    const { url, addInstance, upstream } = await startTestGateway({
      config: roundRobin('waits: true'),
      answer: refuse(503),
    });
    const other = await addInstance(refuse(503));

    expect(await statusOf(url)).toBe(503);
    expect(upstream.received.length + other.received.length).toBe(1);
  });

  it('an answer whose Retry-After is too long to wait', async () => {
    const { url, addInstance, upstream } = await startTestGateway({
      config: twoWays,
      answer: refuse(503, { 'retry-after': '60' }),
    });
    const other = await addInstance(refuse(503, { 'retry-after': '60' }));

    expect(await statusOf(url)).toBe(503);
    expect(upstream.received.length + other.received.length).toBe(1);
  });

  it('the end of the time for all tries: 504', async () => {
    const { url, addInstance } = await startTestGateway({
      config: roundRobin('timeout: 100ms'),
      answer: silent,
    });
    await addInstance(silent);

    const answer = await fetch(`${url}/api/x`);

    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({ code: 'gateway_timeout' });
  });

  it('an answer whose first byte the client has', async () => {
    const { port, upstream, addInstance } = await startTestGateway({
      config: twoWays,
      answer: (_request, response) => {
        response.writeHead(200);
        response.write('half', () => response.socket?.destroy());
      },
    });
    const other = await addInstance((_request, response) => {
      response.writeHead(200);
      response.write('half', () => response.socket?.destroy());
    });

    const { text } = await sendRaw(port, 'GET /api/x HTTP/1.1\r\nHost: a\r\n\r\n');

    expect(text).toContain('half');
    expect(upstream.received.length + other.received.length).toBe(1);
  });
});

describe('a second copy of a request whose first is still under way', () => {
  it('waits for the first and gets its answer', async () => {
    let copies = 0;
    const { url, addInstance } = await startTestGateway({ config: twoWays, answer: reset });
    await addInstance((_request, response) => {
      copies += 1;
      if (copies === 1) response.writeHead(409, { 'retry-after': '0' }).end();
      else response.writeHead(201, { 'idempotency-replayed': 'true' }).end();
    });
    const key = { 'idempotency-key': 'abc' };

    expect([await statusOf(url, 'POST', key), await statusOf(url, 'POST', key)]).toContain(201);
  });
});

describe('a service without instances', () => {
  it('is 503 with Retry-After', async () => {
    const { url, registry } = await startTestGateway();
    registry.set('posts', []);

    const answer = await fetch(`${url}/api/x`);

    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('is served again as soon as it has one', async () => {
    const { url, registry, upstream } = await startTestGateway();
    registry.set('posts', []);
    await statusOf(url);
    registry.set('posts', [instanceAt('posts', upstream.port)]);

    expect(await statusOf(url)).toBe(200);
  });
});
