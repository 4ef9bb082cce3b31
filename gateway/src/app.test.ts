import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it, vi } from 'vitest';
import { sendRaw } from './fixture/raw-request.ts';
import { startTestGateway } from './fixture/start-test-gateway.ts';

describe('a request that no route takes', () => {
  it('is 404 when there is nothing behind the routes', async () => {
    const { url } = await startTestGateway();

    const answer = await fetch(`${url}/nowhere`, { headers: { 'x-request-id': 'abc' } });

    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers.get('x-request-id')).toBe('abc');
    expect(await answer.json()).toEqual({
      type: 'urn:gatehouse:problem:not_found',
      title: 'Not Found',
      status: 404,
      detail: 'There is nothing here.',
      instance: 'abc',
      code: 'not_found',
    });
  });

  it('goes to the app behind, in normal form and with its request id', async () => {
    const { url } = await startTestGateway({
      createFallback: () => (request, response) =>
        response.end(`${request.url} ${request.headers['x-request-id']}`),
    });

    const answer = await fetch(`${url}/%61dmin?x=1`, { headers: { 'x-request-id': 'abc' } });

    expect(await answer.text()).toBe('/admin?x=1 abc');
    expect(answer.headers.get('x-request-id')).toBe('abc');
  });

  it('is 404 for /internal, whatever is behind', async () => {
    const fallback = vi.fn();
    const { url } = await startTestGateway({ createFallback: () => fallback });

    const statuses = await Promise.all(
      ['/internal', '/internal/revocations', '/%69nternal/x'].map(
        async (path) => (await fetch(url + path)).status,
      ),
    );

    expect(statuses).toEqual([404, 404, 404]);
    expect(fallback).not.toHaveBeenCalled();
  });

  it('is 405 with Allow when the path is known', async () => {
    const { url } = await startTestGateway({
      config: 'routes: [{ path: /api/x, methods: [GET, POST], service: posts, auth: none }]',
    });

    const answer = await fetch(`${url}/api/x`, { method: 'DELETE' });

    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS, POST']);
  });

  it('tells its methods, whoever asks', async () => {
    const { url, upstream } = await startTestGateway({
      config: 'routes: [{ path: /api/x, methods: [GET, POST], service: posts }]',
    });

    const plain = await fetch(`${url}/api/x`, { method: 'OPTIONS' });
    const preflight = await fetch(`${url}/api/x`, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'DELETE' },
    });

    for (const { status, headers } of [plain, preflight]) {
      expect([status, headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(upstream.received).toEqual([]);
  });
});

describe('paths that could mean two things', () => {
  it.each(['/api/../internal', '/api/%2e%2e/x', '//api/x', '/api%2fx', '/api/%00', '/api/%zz', '/api/%5c..'])(
    '%s is 400 and goes nowhere',
    async (path) => {
      const { port, upstream } = await startTestGateway();

      const answer = await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);

      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'malformed_request' });
      expect(upstream.received).toEqual([]);
    },
  );
});

describe('what is seen: an operator', () => {
  it('has one line for each request, without its query', async () => {
    const { url, logger, upstream } = await startTestGateway();
    await (await fetch(`${url}/api/x?token=secret`, { headers: { 'x-request-id': 'abc' } })).text();

    await vi.waitFor(() => expect(logger.lines).toHaveLength(1));

    expect(logger.lines[0]).toMatchObject({
      ...{ requestId: 'abc', method: 'GET', path: '/api/x', status: 200, route: 'open', attempts: 1 },
      ...{ instance: `posts-${upstream.port}`, client: '127.0.0.1', msg: 'request' },
    });
    expect(JSON.stringify(logger.lines)).not.toContain('secret');
  });

  it('has metrics whose labels are names of the configuration', async () => {
    const { url, gateway } = await startTestGateway();
    for (const path of ['/api/x', '/api/y', '/nowhere/1', '/nowhere/2'])
      await (await fetch(url + path)).text();

    await vi.waitFor(async () => {
      const text = await gateway.inspection.metrics.metrics();
      expect(text).toContain('gateway_requests_total{route="open",service="posts",status="2xx"} 2');
      expect(text).toContain('gateway_requests_total{route="none",service="none",status="4xx"} 2');
      expect(text).toContain('gateway_instances{service="posts"} 1');
      expect(text).not.toContain('nowhere');
    });
  });

  it('has the last minute of each route and service in numbers', async () => {
    const { url, gateway } = await startTestGateway({
      answer: (request, response) => response.writeHead(request.url === '/api/bad' ? 500 : 200).end(),
    });
    for (const path of ['/api/x', '/api/y', '/api/z', '/api/bad']) await (await fetch(url + path)).text();

    const numbers = { errorRatio: 0.25, retries: 0, p99Ms: expect.any(Number) };
    await vi.waitFor(() => expect(gateway.inspection.lastMinuteOf('open')).toMatchObject(numbers));
    expect(await gateway.inspection.services()).toMatchObject([{ name: 'posts', lastMinute: numbers }]);
    expect(gateway.inspection.lastMinuteOf('other').requestsPerSecond).toBe(0);
  });

  it('is told of a client that hung up', async () => {
    let arrived = (): void => {};
    const hasArrived = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { url, logger } = await startTestGateway({ raw: () => arrived() });
    const controller = new AbortController();
    const answer = fetch(`${url}/api/x`, { signal: controller.signal }).catch(() => {});
    await hasArrived;
    controller.abort();
    await answer;

    await vi.waitFor(() =>
      expect(logger.lines).toContainEqual(expect.objectContaining({ code: 'client_gone' })),
    );
  });
});

describe('the inspection', () => {
  it('shows services with their instances', async () => {
    const { gateway, addInstance } = await startTestGateway();
    await addInstance();

    expect(await gateway.inspection.services()).toMatchObject([
      {
        name: 'posts',
        routed: true,
        inFlight: 0,
        breaker: 'closed',
        instances: [
          { inFlight: 0, available: true },
          { inFlight: 0, available: true },
        ],
      },
    ]);
  });

  it('answers which route would match, for a path as a client would send it', async () => {
    const { gateway } = await startTestGateway();

    expect(gateway.inspection.testRoute({ method: 'get', path: '/%61pi/x?y' })).toMatchObject({
      route: 'open',
    });
    expect(() => gateway.inspection.testRoute({ method: 'GET', path: '/api/../x' })).toThrow(/dot segment/);
  });

  it('shows what callers have left, and gives it back', async () => {
    const { gateway, url } = await startTestGateway({ clock: createManualClock() });
    await (await fetch(`${url}/api/x`)).text();

    expect(gateway.inspection.rateLimits()).toMatchObject([
      { key: 'address|127.0.0.1', limit: 'address', remaining: 5999 },
      { key: 'default|ip:127.0.0.1', limit: 'default', remaining: 599 },
    ]);
    expect(gateway.inspection.clearRateLimit('default|ip:127.0.0.1')).toBe(true);
    expect(gateway.inspection.rateLimits()).toHaveLength(1);
  });

  it('puts another configuration in force between two requests', async () => {
    let next = 'routes: [{ path: /v2/*, service: posts, auth: none }]';
    const { gateway, url } = await startTestGateway({ nextConfig: () => next });

    expect(await gateway.inspection.reload()).toMatchObject({ routes: 1 });
    expect((await fetch(`${url}/api/x`)).status).toBe(404);
    expect((await fetch(`${url}/v2/x`)).status).toBe(200);

    next = 'routes: [{ path: /v3/*, service: posts, colour: red }]';
    await expect(gateway.inspection.reload()).rejects.toMatchObject({ code: 'config_invalid' });
    expect((await fetch(`${url}/v2/x`)).status).toBe(200);
    expect(gateway.inspection.config()).toMatchObject({ routes: [{ path: '/v2/*' }] });
  });

  it('lets a request under way end by the route that it began with', async () => {
    let finish = (): void => {};
    const { gateway, url, registry, upstream } = await startTestGateway({
      nextConfig: () => 'routes: [{ path: /other, service: elsewhere }]',
      answer: (_request, response) => {
        finish = () => response.end('late');
      },
    });
    const answer = fetch(`${url}/api/x`);
    await vi.waitFor(() => expect(upstream.received).toHaveLength(1));
    await gateway.inspection.reload();
    registry.set('posts', []);
    finish();

    expect(await (await answer).text()).toBe('late');
  });
});

describe('a service with as many requests as it may have', () => {
  it('is 503 overloaded for the next', async () => {
    const waiting: (() => void)[] = [];
    const { url, upstream } = await startTestGateway({
      config: `
services: { posts: { maxInFlight: 2 } }
routes: [{ path: /api/*, service: posts, auth: none }]`,
      answer: (_request, response) => waiting.push(() => response.end('ok')),
    });
    const first = [fetch(`${url}/api/1`), fetch(`${url}/api/2`)];
    await vi.waitFor(() => expect(upstream.received).toHaveLength(2));

    const refused = await fetch(`${url}/api/3`);
    for (const answer of waiting) answer();

    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'overloaded' });
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200]);
  });
});
