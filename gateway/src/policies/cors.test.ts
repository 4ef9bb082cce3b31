import { describe, expect, it } from 'vitest';
import { startTestGateway } from '../fixture/start-test-gateway.ts';

const config = `
routes:
  - path: /api/shop
    methods: [GET, POST]
    service: posts
    cors: { origins: ['https://shop.example'], credentials: true }
  - { path: /api/closed, service: posts, auth: none }
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

describe('a page of a listed origin', () => {
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

describe('a page of any other origin', () => {
  it.each(['https://evil.example', 'https://shop.example.evil', 'null', 'http://shop.example'])(
    '%s is told nothing',
    async (origin) => {
      const { answer } = await call('/api/shop', 'OPTIONS', { origin, ...preflight });

      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    },
  );
});

describe('a route without cors', () => {
  it('leaves everything to the service', async () => {
    const { answer, upstream } = await call('/api/closed', 'GET', { origin: 'https://shop.example' });

    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(upstream.received).toHaveLength(1);
  });
});
