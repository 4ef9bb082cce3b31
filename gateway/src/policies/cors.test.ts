import { describe, expect, it } from 'vitest';
import { parseGatewayConfig } from '../config/parse-config.ts';
import { startTestGateway } from '../fixture/start-test-gateway.ts';

const config = `
routes:
  - path: /api/shop
    methods: [GET, POST]
    service: posts
    cors: { origins: ['https://shop.example'], credentials: true }
  - { path: /api/closed, service: posts, auth: none }
  - path: /api/public
    methods: [GET, OPTIONS]
    service: posts
    auth: none
    cors: { origins: ['https://shop.example', 'http://localhost:5173'], headers: [x-own], maxAge: 5m }
`;

const call = async (path: string, method: string, headers: Record<string, string>) => {
  const { url, upstream } = await startTestGateway({
    config,
    answer: (_request, response) =>
      response.writeHead(200, { 'access-control-allow-origin': '*', vary: 'Accept' }).end(),
  });
  return { answer: await fetch(url + path, { method, headers }), upstream };
};

const preflight = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization',
};

describe('CORS: a page of a listed origin', () => {
  const origin = 'https://shop.example';

  it('gets its preflight answered without credentials, and without a service', async () => {
    const { answer, upstream } = await call('/api/shop', 'OPTIONS', { origin, ...preflight });

    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, POST, HEAD',
      'access-control-max-age': '600',
      vary: 'Origin',
    });
    expect(upstream.received).toEqual([]);
  });

  it('is told of the methods, headers and the time that the route says, and of no more', async () => {
    const { answer } = await call('/api/public', 'OPTIONS', {
      ...{ origin: 'http://localhost:5173', 'access-control-request-private-network': 'true' },
      ...{ 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-own, x-other' },
    });
    const said = [...answer.headers].filter(([name]) => name.startsWith('access-control-'));

    expect(Object.fromEntries(said)).toEqual({
      'access-control-allow-origin': 'http://localhost:5173',
      'access-control-allow-methods': 'GET, OPTIONS, HEAD',
      'access-control-allow-headers': 'x-own',
      'access-control-max-age': '300',
    });
  });

  it('may send what a client of the API sends, where the route does not say', async () => {
    const { answer } = await call('/api/shop', 'OPTIONS', { origin, ...preflight });

    expect(answer.headers.get('access-control-allow-headers')).toBe(
      'authorization, content-type, idempotency-key, if-match, if-none-match, accept-version, x-request-id, traceparent',
    );
  });

  it('may read every header that a client of the API needs', async () => {
    const { answer } = await call('/api/public', 'GET', { origin });

    expect(answer.headers.get('access-control-expose-headers')?.split(', ').sort()).toEqual([
      ...['ETag', 'Idempotency-Replayed', 'Location', 'RateLimit', 'RateLimit-Policy'],
      ...['Retry-After', 'X-Request-Id'],
    ]);
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('has its own OPTIONS request, which asks for no leave, taken to the service', async () => {
    const { answer, upstream } = await call('/api/public', 'OPTIONS', { origin });

    expect([answer.status, upstream.received.length]).toEqual([200, 1]);
  });

  it('gets no leave for a method that there is no route for', async () => {
    const { answer } = await call('/api/shop', 'OPTIONS', {
      ...{ origin, 'access-control-request-method': 'DELETE' },
    });

    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, null]);
  });

  it('may read answers, whatever the service says of origins', async () => {
    const { answer } = await call('/api/shop', 'GET', { origin, authorization: 'Bearer user-1' });

    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-expose-headers')).toContain('ETag');
    expect(answer.headers.get('vary')).toBe('Origin, Accept');
  });

  it('may read refusals too', async () => {
    const { answer } = await call('/api/shop', 'GET', { origin });

    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
  });
});

describe('CORS: a page of any other origin', () => {
  it.each(['https://evil.example', 'https://shop.example.evil', 'null', 'http://shop.example'])(
    '%s is told nothing',
    async (origin) => {
      const { answer } = await call('/api/shop', 'OPTIONS', { origin, ...preflight });

      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('has its request done and its answer kept from it, and caches know that it depends', async () => {
    const { answer, upstream } = await call('/api/public', 'GET', { origin: 'https://evil.example' });

    expect([answer.status, upstream.received.length]).toEqual([200, 1]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({ vary: 'Origin, Accept' });
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

describe('CORS: a route without it', () => {
  it('leaves everything to the service', async () => {
    const { answer, upstream } = await call('/api/closed', 'GET', { origin: 'https://shop.example' });

    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(upstream.received).toHaveLength(1);
  });
});

describe('CORS: a configuration', () => {
  it.each([
    '*',
    'https://*.example',
    'https://Shop.example',
    'https://shop.example/',
    'https://shop.example:443',
  ])('with the origin %s, which no browser ever sends, is refused', (origin) => {
    const text = `routes: [{ path: /api/x, service: posts, cors: { origins: ['${origin}'] } }]`;

    expect(() => parseGatewayConfig(text)).toThrow('Expected an origin like https://example.org');
  });
});
