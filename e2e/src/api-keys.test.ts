import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Call, clientOf, eventually, newUser, type SignedIn, signInAdministrator } from './client.ts';
import { type Product, startProduct } from './product.ts';

const path = '/api/users/me/api-keys';

describe('authentication: API keys, through the gateway alone', () => {
  let product: Product;
  let owner: SignedIn;
  let admin: SignedIn;
  beforeAll(async () => {
    product = await startProduct();
    admin = await signInAdministrator(product.url);
    owner = await newUser(product.url, admin, 'Ada');
  });
  afterAll(() => product?.dispose());

  const make = async (scopes: readonly string[], of = owner) => {
    const made = await of.call(`POST ${path}`, { body: { name: 'a program', scopes } });
    expect(made.status).toBe(201);
    return made.body.data as Readonly<{ id: string; key: string }>;
  };
  const callWith =
    (key: string, url = product.url): Call =>
    (line, options = {}) =>
      clientOf(url)(line, { ...options, headers: { 'x-api-key': key, ...options.headers } });
  const post = { title: 'Written by a program', content: 'As its owner said.' };

  it('do for a program what their scopes say, in the name of their owner', async () => {
    const { id, key } = await make(['posts:create', 'posts:read', 'profile:read']);
    const program = callWith(key);

    expect(await program('GET /api/users/me')).toMatchObject({
      status: 200,
      body: { data: { id: owner.id } },
    });
    const written = await program('POST /api/posts', { body: post });
    expect(written).toMatchObject({ status: 201, body: { data: { status: 'draft' } } });
    expect((await owner.call(`GET /api/posts/${written.body.data.id}`)).status).toBe(200);
    expect((await owner.call(`GET ${path}/${id}`)).body.data).toMatchObject({
      scopes: ['posts:create', 'posts:read', 'profile:read'],
      lastUsedAt: expect.any(String),
    });
  });

  it('are refused what is beyond their scopes', async () => {
    const program = callWith((await make(['orders:read'])).key);

    expect((await program('GET /api/orders')).status).toBe(200);
    const refused = [
      await program('POST /api/posts', { body: post }),
      await program('POST /api/orders', { body: {} }),
      await program('GET /api/users/me'),
      await program(`POST ${path}`, { body: { name: 'another', scopes: ['orders:read'] } }),
      await program('GET /api/users'),
    ];
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
      refused.map(() => [403, 'forbidden']),
    );
  });

  it('have no more rights than their owner', async () => {
    const asked = await owner.call(`POST ${path}`, { body: { name: 'root', scopes: ['*:*'] } });

    expect([asked.status, asked.body.errors[0].path]).toEqual([422, '/scopes/0']);
    const narrow = callWith((await make(['posts:read'], admin)).key);
    expect((await narrow('GET /api/users')).status).toBe(403);
    const whole = callWith((await make(['*:*'], admin)).key);
    expect((await whole('GET /api/users')).status).toBe(200);
  });

  it('are 401 when nobody made them, and 400 beside a token', async () => {
    const unknown = await callWith(`ghk_${'A'.repeat(43)}`)('GET /api/orders');
    expect([unknown.status, unknown.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ]);

    const { key } = await make(['orders:read']);
    const both = await owner.call('GET /api/orders', { headers: { 'x-api-key': key } });
    expect([both.status, both.body.code]).toEqual([400, 'malformed_request']);
  });

  it('stop within 5 s of being taken back, at every gateway', async () => {
    const { id, key } = await make(['orders:read']);
    const programs = product.gateways.map((url) => callWith(key, url));
    for (const program of programs) expect((await program('GET /api/orders')).status).toBe(200);

    expect((await owner.call(`DELETE ${path}/${id}`)).status).toBe(204);
    for (const program of programs) {
      const refused = await eventually(
        'a refusal',
        async () => {
          const answer = await program('GET /api/orders');
          return answer.status === 200 ? undefined : answer;
        },
        5000,
      );
      expect(refused).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    }
    expect((await owner.call(`GET ${path}/${id}`)).status).toBe(404);
  });

  it('are in the API reference', async () => {
    const { body } = await clientOf(product.url)('GET /openapi.json');

    expect(Object.keys(body.paths[path])).toEqual(expect.arrayContaining(['get', 'post']));
    expect(Object.keys(body.paths[`${path}/{id}`])).toEqual(expect.arrayContaining(['get', 'delete']));
    expect(body.paths['/api/orders'].get.security).toContainEqual({ apiKey: [] });
    expect(JSON.stringify(body)).not.toContain('/internal/');
  });
});
