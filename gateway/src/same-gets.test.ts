import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { Gateway } from './app.ts';
import { instanceAt } from './fixture/fake-registry.ts';
import { openRaw, sendRaw } from './fixture/raw-request.ts';
import { startTestGateway } from './fixture/start-test-gateway.ts';
import { type Answer, startUpstream } from './fixture/start-upstream.ts';

const route = (more: string): string =>
  `routes: [{ name: r, path: /api/*, service: posts, auth: optional, retries: { attempts: 0 }, ${more} }]`;

/** Each answer says which one it is. */
const counting = (headers: Record<string, string> = { 'cache-control': 'max-age=60' }): Answer => {
  let count = 0;
  return (_request, response) => {
    count += 1;
    const body = `${count}`;
    response.writeHead(200, { 'content-length': String(body.length), ...headers });
    response.end(body);
  };
};

const ask = async (url: string, init: RequestInit = {}) => {
  const answer = await fetch(url, init);
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};

describe('same GETs: the response cache of a gateway', () => {
  it('asks the service once, and says so in answer, metrics and log', async () => {
    const { url, upstream, gateway, logger } = await startTestGateway({
      config: route('cache: {}'),
      answer: counting(),
    });
    const first = await ask(`${url}/api/x`);
    const second = await ask(`${url}/api/x`);
    const head = await ask(`${url}/api/x`, { method: 'HEAD' });

    expect([first.text, second.text, head.text]).toEqual(['1', '1', '']);
    expect(upstream.received).toHaveLength(1);
    expect(first.headers.get('cache-status')).toBe('gatehouse; fwd=uri-miss; stored');
    expect(second.headers.get('cache-status')).toMatch(/^gatehouse; hit; ttl=(?:60|59)$/);
    expect(second.headers.get('age')).toMatch(/^[01]$/);
    expect(head.headers.get('content-length')).toBe('1');
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(await gateway.inspection.metrics.metrics()).toContain(
      'gateway_cache_requests_total{route="r",result="hit"} 2',
    );
    await vi.waitFor(() =>
      expect(logger.lines).toContainEqual(expect.objectContaining({ answeredBy: 'cache' })),
    );
  });

  it('gives nobody another’s answer', async () => {
    const { url, upstream } = await startTestGateway({
      config: route('cache: {}'),
      answer: ({ headers }, response) => {
        response.setHeader('cache-control', 'public, max-age=60');
        response.end(String(headers['x-gatehouse-principal']));
      },
    });
    const as = async (token?: string) =>
      (await ask(`${url}/api/me`, token ? { headers: { authorization: `Bearer ${token}` } } : {})).text;

    const told = [];
    for (const token of ['user-a', undefined, 'user-b', 'admin-a', 'user-a', undefined])
      told.push(await as(token));
    expect(told).toEqual(['user-a', 'undefined', 'user-b', 'admin-a', 'user-a', 'undefined']);
    expect(upstream.received).toHaveLength(4);
  });

  it('has a stale answer confirmed, and what a write makes worthless forgotten', async () => {
    const { url, upstream } = await startTestGateway({
      config: route('cache: {}'),
      answer: ({ headers, method }, response) => {
        response.setHeader('etag', '"1"');
        response.setHeader('cache-control', 'no-cache');
        if (headers['if-none-match'] === '"1"') response.writeHead(304).end();
        else response.end(method);
      },
    });
    await ask(`${url}/api/x`);
    const confirmed = await ask(`${url}/api/x`);
    expect(confirmed).toMatchObject({ status: 200, text: 'GET' });
    expect(confirmed.headers.get('cache-status')).toBe('gatehouse; fwd=stale; fwd-status=304; stored');
    expect((await ask(`${url}/api/x`, { headers: { 'if-none-match': '"1"' } })).status).toBe(304);

    await ask(`${url}/api/x`, { method: 'PUT', body: 'x' });
    await ask(`${url}/api/x`);
    expect(upstream.received.map(({ headers }) => headers['if-none-match'])).toEqual([
      ...[undefined, '"1"', '"1"', undefined, undefined],
    ]);
  });

  it('forgets by a write on another route', async () => {
    const config = `routes:
      - { path: /api/x/*, methods: [GET], service: posts, auth: none, cache: {} }
      - { path: /api/*, methods: [POST], service: posts, auth: none }`;
    const { url } = await startTestGateway({ config, answer: counting() });
    const read = async () => (await ask(`${url}/api/x/1?q`)).text;
    expect([await read(), await read()]).toEqual(['1', '1']);
    await ask(`${url}/api/x/1`, { method: 'POST' });

    expect(await read()).toBe('3');
  });

  it('stands in, stale, for a service that is down, and for an open breaker', async () => {
    const { url, upstream, gateway, logger } = await startTestGateway({
      config: route('cache: {}, fallback: { stale: true }'),
      answer: counting({ 'cache-control': 'max-age=0' }),
    });
    await ask(`${url}/api/x`);
    await upstream.kill();
    const down = await ask(`${url}/api/x`);
    gateway.inspection.setBreaker('posts', 'open');
    const open = await ask(`${url}/api/x`);

    expect([down.status, down.text, open.status, open.text]).toEqual([200, '1', 200, '1']);
    expect(down.headers.get('cache-status')).toMatch(/ttl=(?:0|-\d+); detail=service_unavailable$/);
    expect(down.headers.get('age')).toMatch(/^\d+$/);
    await vi.waitFor(() =>
      expect(logger.lines).toContainEqual(expect.objectContaining({ answeredBy: 'stale' })),
    );
  });

  it('keeps what streams, whole, and nothing that broke off', async () => {
    const body = 'x'.repeat(300_000);
    const { url, upstream } = await startTestGateway({
      config: route('cache: {}'),
      answer: ({ url: asked }, response) => {
        response.writeHead(200, { 'cache-control': 'max-age=60' });
        response.write(body);
        if (asked?.endsWith('broken')) response.write('y', () => response.destroy());
        else response.end();
      },
    });
    expect((await ask(`${url}/api/whole`)).text).toBe(body);
    expect((await ask(`${url}/api/whole`)).text).toBe(body);
    expect(upstream.received).toHaveLength(1);

    await expect(ask(`${url}/api/broken`)).rejects.toThrow();
    await expect(ask(`${url}/api/broken`)).rejects.toThrow();
    expect(upstream.received).toHaveLength(3);
  });

  it('lets the head of an event stream through before its first event', async () => {
    const { url } = await startTestGateway({
      config: route('cache: {}, coalesce: true, fallback: { static: { status: 200, body: "[]" } }'),
      raw: (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      },
    });
    const reading = new AbortController();
    const answer = await fetch(`${url}/api/x`, { signal: reading.signal });
    reading.abort();

    expect(answer.headers.get('content-type')).toBe('text/event-stream');
  });

  it('lets conditions pass to a service unchanged where nothing is kept', async () => {
    const { url, upstream } = await startTestGateway({
      config: route('methods: [GET, PUT]'),
      answer: (_request, response) => response.writeHead(412, { etag: '"2"' }).end(),
    });
    const headers = { 'if-match': '"1"', 'if-unmodified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' };
    const refused = await ask(`${url}/api/x`, { method: 'PUT', headers, body: 'x' });

    expect([refused.status, refused.headers.get('etag')]).toEqual([412, '"2"']);
    expect(upstream.received[0]?.headers).toMatchObject(headers);
  });
});

const waitingIn = (gateway: Gateway, count: number) =>
  vi.waitFor(async () =>
    expect(await gateway.inspection.metrics.metrics()).toContain(`gateway_coalesce_waiting ${count}\n`),
  );

describe('same GETs: coalescing in a gateway', () => {
  const holding = () => {
    const waiting: (() => void)[] = [];
    const closed: number[] = [];
    const raw: Answer = (request, response) => {
      request.socket.once('close', () => closed.push(1));
      waiting.push(() => response.end('same'));
    };
    return { raw, waiting, closed };
  };

  it('identical anonymous GETs in flight are sent once', async () => {
    const { raw, waiting } = holding();
    const { url, gateway } = await startTestGateway({ config: route('coalesce: true'), raw });
    const answers = Array.from({ length: 20 }, () => ask(`${url}/api/x`));
    await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(0));
    await waitingIn(gateway, 19);
    waiting[0]?.();

    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(Array(20).fill('same'));
    expect(waiting).toHaveLength(1);
  });

  it('whose leader hangs up are sent once more, for all who wait', async () => {
    const { raw, waiting, closed } = holding();
    const { url, port, gateway } = await startTestGateway({ config: route('coalesce: true'), raw });
    const leader = openRaw(port);
    leader.write(`GET /api/x HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    const followers = [ask(`${url}/api/x`), ask(`${url}/api/x`)];
    await waitingIn(gateway, 2);
    leader.destroy();
    await once(leader, 'close');
    await vi.waitFor(() => expect([waiting.length, closed.length]).toEqual([2, 1]));
    waiting[1]?.();

    expect((await Promise.all(followers)).map(({ text }) => text)).toEqual(['same', 'same']);
    expect(waiting).toHaveLength(2);
  });

  it('go well with a cache: one asks, all the others are told', async () => {
    const { raw, waiting } = holding();
    const { url, gateway } = await startTestGateway({
      config: route('coalesce: true, cache: { ttl: 1m }'),
      raw,
    });
    const answers = Array.from({ length: 5 }, () => ask(`${url}/api/x`));
    await waitingIn(gateway, 4);
    waiting[0]?.();
    const statuses = (await Promise.all(answers)).map(({ headers }) => headers.get('cache-status')).sort();

    expect(new Set(statuses)).toEqual(
      new Set(['gatehouse; fwd=uri-miss; collapsed', 'gatehouse; fwd=uri-miss; stored']),
    );
    expect((await ask(`${url}/api/x`)).headers.get('cache-status')).toContain('hit');
  });
});

describe('breaker: fallback by route in a gateway', () => {
  const down: Answer = (_request, response) => response.writeHead(503).end('down');

  it.each([
    ['answers with a 503', 'none'],
    ['is not there', 'kill'],
  ])('static, when the service %s', async (_name, fault) => {
    const { url, upstream, logger } = await startTestGateway({
      config: route('fallback: { static: { status: 200, body: "[]", contentType: application/json } }'),
      answer: down,
    });
    if (fault === 'kill') await upstream.kill();
    const answer = await ask(`${url}/api/x`);

    expect([answer.status, answer.text, answer.headers.get('x-gatehouse-fallback')]).toEqual([
      200,
      '[]',
      'static',
    ]);
    expect(answer.headers.get('content-type')).toBe('application/json');
    await vi.waitFor(() =>
      expect(logger.lines).toContainEqual(expect.objectContaining({ answeredBy: 'fallback' })),
    );
  });

  it('another service, with the body of the request, and its own headers alone', async () => {
    const { url, registry, upstream } = await startTestGateway({
      config: route('fallback: { service: spare }'),
      answer: (_request, response) => response.writeHead(503, { 'x-first': '1' }).end('down'),
    });
    const spare = await startUpstream((_request, response, body) =>
      response.writeHead(200, { 'x-second': '2' }).end(`spare ${body}`),
    );
    registry.set('spare', [instanceAt('spare', spare.port)]);
    const answer = await ask(`${url}/api/x`, { method: 'PUT', body: 'hello' });
    await upstream.kill();
    const refused = await ask(`${url}/api/x`, { method: 'POST', body: 'again' });
    await spare.kill();

    expect([answer.status, answer.text]).toEqual([200, 'spare hello']);
    expect([...answer.headers.keys()]).not.toContain('x-first');
    expect([answer.headers.get('x-second'), answer.headers.get('x-gatehouse-fallback')]).toEqual([
      '2',
      'spare',
    ]);
    expect(refused.text).toBe('spare again');
    expect(spare.received.map(({ method, url: asked }) => [method, asked])).toEqual([
      ...[
        ['PUT', '/api/x'],
        ['POST', '/api/x'],
      ],
    ]);
  });

  it('none for an answer that has begun', async () => {
    const { port } = await startTestGateway({
      config: route('fallback: { static: { status: 200, body: "[]" } }'),
      raw: (_request, response) => {
        response.writeHead(200);
        response.write('half', () => response.destroy());
      },
    });
    const { text } = await sendRaw(port, 'GET /api/x HTTP/1.1\r\nHost: a\r\n\r\n');

    expect(text).toContain('half');
    expect(text).not.toContain('[]');
  });
});
