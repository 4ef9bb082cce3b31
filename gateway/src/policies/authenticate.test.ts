import { describe, expect, it } from 'vitest';
import { startTestGateway } from '../fixture/start-test-gateway.ts';

const config = `
addressLimit: { failedCredentials: 3 }
routes:
  - { path: /api/none, service: posts, auth: none }
  - { path: /api/optional, service: posts, auth: optional }
  - { path: /api/required, service: posts }
  - { path: /api/admin, service: posts, roles: [admin] }
  - { path: /api/scoped, service: posts, scopes: ['posts:create', 'products:create'] }
`;

const call = async (path: string, authorization?: string) => {
  const { url, upstream, gateway } = await startTestGateway({ config });
  const answer = await fetch(
    `${url}/api/${path}`,
    authorization === undefined ? {} : { headers: { authorization } },
  );
  return { answer, problem: answer.ok ? {} : await answer.json(), upstream, gateway };
};

describe('a caller without credentials', () => {
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

describe('a caller with credentials that are no good', () => {
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

  it('is 503, not 401, while there is no key to check with', async () => {
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

describe('a route with a role or scopes', () => {
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
});
