import { describe, expect, it } from 'vitest';
import { startTestGateway } from '../fixture/start-test-gateway.ts';

const config = `
addressLimit: { failedCredentials: 3 }
routes:
  - { path: /api/none, service: posts, auth: none }
  - { path: /api/optional, service: posts, auth: optional }
  - { path: /api/required, service: posts }
  - { path: /api/admin, service: posts, roles: [admin] }
  - { path: /api/people, service: posts, apiKeys: false }
  - { path: /api/writers, service: posts, scopes: ['posts:create'] }
  - { path: /api/scoped, service: posts, scopes: ['posts:create', 'products:create'] }
`;

const call = async (path: string, authorization?: string, apiKey?: string) => {
  const { url, upstream, gateway } = await startTestGateway({ config });
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
  };
  const answer = await fetch(`${url}/api/${path}`, { headers });
  return { answer, problem: answer.ok ? {} : await answer.json(), upstream, gateway };
};

describe('authentication: auth none, optional, required, for a caller without credentials', () => {
  it.each([
    ['none', 200],
    ['optional', 200],
    ['required', 401],
    ['admin', 401],
  ])('at a route of auth %s gets %i', async (path, status) => {
    const { answer, upstream } = await call(path);

    expect(answer.status).toBe(status);
    expect(upstream.received[0]?.headers['x-gatehouse-principal']).toBeUndefined();
    if (status === 401) expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('a caller with a good token', () => {
  it.each(['Bearer user-1', 'bearer user-1', 'Bearer new-1'])('is known by %j', async (authorization) => {
    const { answer, upstream } = await call('required', authorization);

    expect(answer.status).toBe(200);
    expect(upstream.received[0]?.headers).toMatchObject({
      authorization,
      'x-gatehouse-principal': authorization.split(' ')[1],
    });
  });

  it('is known where credentials are optional', async () => {
    const { upstream } = await call('optional', 'Bearer user-1');

    expect(upstream.received[0]?.headers['x-gatehouse-principal']).toBe('user-1');
  });
});

describe('authentication: a caller with credentials that are no good', () => {
  it.each(['Bearer forged', 'Bearer late-1', 'Basic dXNlcjpwYXNz', 'Bearer', 'user-1', 'Bearer user-1 more'])(
    '%j is 401, also where none are needed',
    async (authorization) => {
      for (const path of ['optional', 'required']) {
        const { answer, problem, upstream } = await call(path, authorization);

        expect(answer.status).toBe(401);
        expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
        expect(problem).toMatchObject({ code: 'unauthenticated' });
        expect(upstream.received).toEqual([]);
      }
    },
  );

  it('passes where nobody looks', async () => {
    expect((await call('none', 'Bearer forged')).answer.status).toBe(200);
  });

  it('is 503, never 401, with no key to verify with', async () => {
    const { answer } = await call('required', 'Bearer keyless');

    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('is 429 after too many of them from one address, while a good token still passes', async () => {
    const { url } = await startTestGateway({ config });
    const status = async (token: string) =>
      (await fetch(`${url}/api/required`, { headers: { authorization: `Bearer ${token}` } })).status;
    const bad = [
      await status('a'),
      await status('late-b'),
      await status('c'),
      await status('d'),
      await status('e'),
    ];

    expect(bad).toEqual([401, 401, 401, 429, 429]);
    expect(await status('user-1')).toBe(200);
  });
});

describe('authentication: roles and scopes by route', () => {
  it.each([
    ['admin', 'admin-1', 200],
    ['admin', 'user-1', 403],
    ['scoped', 'admin-1', 200],
    ['scoped', 'user-1', 403],
  ])('%s answers %s with %i', async (path, token, status) => {
    const { answer, problem } = await call(path, `Bearer ${token}`);

    expect(answer.status).toBe(status);
    if (status === 403) expect(problem).toMatchObject({ code: 'forbidden' });
  });

  it.each([
    ['admin', 'Bearer error="insufficient_scope"'],
    ['scoped', 'Bearer error="insufficient_scope", scope="posts:create products:create"'],
  ])('%s says what it takes', async (path, challenge) => {
    const { answer } = await call(path, 'Bearer user-1');

    expect(answer.headers.get('www-authenticate')).toBe(challenge);
  });
});

describe('authentication: a caller with an API key', () => {
  it('is known by it, and services see a token in its place', async () => {
    const { answer, upstream } = await call('required', undefined, 'key-1');

    expect(answer.status).toBe(200);
    const { headers } = upstream.received[0] ?? { headers: {} };
    expect(headers).toMatchObject({
      authorization: 'Bearer token-of-key-1',
      'x-gatehouse-principal': 'user-1',
    });
    expect(JSON.stringify(headers)).not.toContain('"key-1"');
  });

  it.each([
    ['optional', 200],
    ['writers', 200],
    ['scoped', 403],
    ['admin', 403],
  ])('at %s gets %i', async (path, status) => {
    expect((await call(path, undefined, 'key-1')).answer.status).toBe(status);
  });

  it.each(['optional', 'required'])('that is no good is 401 at %s', async (path) => {
    const { answer, problem, upstream } = await call(path, undefined, 'bad');

    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ]);
    expect(problem).toMatchObject({ code: 'unauthenticated', detail: expect.stringContaining('API key') });
    expect(upstream.received).toEqual([]);
  });

  it('that cannot be told is 503, never 401', async () => {
    const { answer } = await call('required', undefined, 'untold');

    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('is 401 where keys are not taken, and never taken for nobody', async () => {
    const { answer, problem } = await call('people', undefined, 'key-1');

    expect(answer.status).toBe(401);
    expect(problem).toMatchObject({ detail: expect.stringContaining('not taken here') });
  });

  it.each(['Bearer user-1', 'Bearer forged'])('and a bearer token (%s) is 400', async (authorization) => {
    const { answer, problem, upstream } = await call('required', authorization, 'key-1');

    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      400,
      'Bearer error="invalid_request"',
    ]);
    expect(problem).toMatchObject({ code: 'malformed_request' });
    expect(upstream.received).toEqual([]);
  });

  it('passes where nobody looks, without its key', async () => {
    const { answer, upstream } = await call('none', undefined, 'key-1');

    expect(answer.status).toBe(200);
    expect(upstream.received[0]?.headers).not.toHaveProperty('x-api-key');
  });

  it('counts as a failed credential when it is no good', async () => {
    const { url } = await startTestGateway({ config });
    const status = async () =>
      (await fetch(`${url}/api/required`, { headers: { 'x-api-key': 'bad' } })).status;

    expect([await status(), await status(), await status(), await status()]).toEqual([401, 401, 401, 429]);
  });
});
