import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Call, clientOf, newUser, type SignedIn, signInAdministrator } from './client.ts';
import { type Product, startProduct } from './product.ts';

let product: Product;
let stranger: Call;
let admin: SignedIn;
let user: SignedIn;
let other: SignedIn;
beforeAll(async () => {
  product = await startProduct();
  stranger = clientOf(product.url);
  admin = await signInAdministrator(product.url);
  user = await newUser(product.url, admin, 'Ada');
  other = await newUser(product.url, admin, 'Ben');
});
afterAll(() => product?.dispose());

/** Every refusal is a problem of RFC 9457 with this status and code, and tells nothing of the inside. */
const expectProblem = (answer: Answer, status: number, code: string): void => {
  expect(answer).toMatchObject({ status, body: { status, code, type: `urn:gatehouse:problem:${code}` } });
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.body.instance).toBe(answer.headers.get('x-request-id'));
  expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:|\bat \w+ \(|select |127\.0\.0\.1/i);
};

describe('a body that is wrong', () => {
  const title = 'A title';
  const content = 'Long enough to be content.';
  it.each<[string, unknown, number, string]>([
    ['no JSON', '{"title":', 400, 'malformed_request'],
    ['a number for a title', { title: 7, content }, 422, 'validation_failed'],
    ['a list for an object', [], 422, 'validation_failed'],
    ['nothing', undefined, 422, 'validation_failed'],
    ['an unknown field', { title, content, authorId: randomUUID() }, 422, 'validation_failed'],
    ['a title too short', { title: 'A', content }, 422, 'validation_failed'],
    [
      'a prototype',
      '{"title":"A title","content":"Long enough text","__proto__":{"role":"admin"}}',
      422,
      'validation_failed',
    ],
    ['more than a mebibyte', { title, content: 'x'.repeat(1_100_000) }, 413, 'payload_too_large'],
  ])('is refused when it is %s', async (_what, body, status, code) => {
    expectProblem(await user.call('POST /api/posts', { body }), status, code);
  });

  it('names every field at once by its JSON Pointer', async () => {
    const answer = await user.call('POST /api/posts', { body: { title: 'A', tags: ['ok', 7] } });

    expect(answer.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual([
      '/content',
      '/tags/1',
      '/title',
    ]);
  });

  it('is refused when it is not JSON at all', async () => {
    const answer = await user.call('POST /api/posts', {
      body: 'title=A',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });

    expectProblem(answer, 415, 'unsupported_media_type');
  });
});

describe('a caller', () => {
  it.each([
    ['without a token', {}],
    ['with a token that is none', { authorization: 'Bearer nonsense' }],
    ['with a token that nobody signed', { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.' }],
    ['with another scheme', { authorization: 'Basic YTpi' }],
  ])('%s is asked who it is', async (_what, headers) => {
    const answer = await stranger('POST /api/orders', { body: {}, headers });

    expectProblem(answer, 401, 'unauthenticated');
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('without the role is refused', async () => {
    expectProblem(await user.call('GET /admin/services'), 403, 'forbidden');
    expectProblem(await user.call('GET /api/users'), 403, 'forbidden');
    expectProblem(
      await user.call('POST /api/products', {
        body: { sku: 'X-1', name: 'X', price: { amount: 1, currency: 'EUR' }, stock: 1 },
      }),
      403,
      'forbidden',
    );
  });

  it('cannot set what it may not', async () => {
    for (const field of ['role', 'status', 'isActive']) {
      const body = { email: `${randomUUID()}@example.com`, password: 'x', firstName: 'A', lastName: 'B' };
      expectProblem(
        await stranger('POST /api/users', { body: { ...body, [field]: 'admin' } }),
        422,
        'validation_failed',
      );
    }
  });

  it('that signed out is unknown within 5 s', async () => {
    const leaving = await newUser(product.url, admin, 'Eve');
    expect((await leaving.call('POST /api/auth/logout', { body: {} })).status).toBeLessThan(300);

    const refusedBy = Date.now() + 5_000;
    let answer = await leaving.call('GET /api/users/me');
    while (answer.status === 200 && Date.now() < refusedBy) answer = await leaving.call('GET /api/users/me');
    expectProblem(answer, 401, 'unauthenticated');
  });
});

describe("somebody else's", () => {
  it('order is as if it were not there', async () => {
    const order = (await user.call('POST /api/orders', { body: {} })).body.data;

    expectProblem(await other.call(`GET /api/orders/${order.id}`), 404, 'not_found');
    expectProblem(await other.call(`POST /api/orders/${order.id}/cancel`), 404, 'not_found');
    expectProblem(await other.call(`GET /api/orders/${randomUUID()}`), 404, 'not_found');
  });

  it('draft is as if it were not there, and a published post cannot be changed', async () => {
    const post = (
      await user.call('POST /api/posts', {
        body: { title: 'Mine alone', content: 'Long enough to be content.' },
      })
    ).body.data;
    expectProblem(await other.call(`GET /api/posts/${post.id}`), 404, 'not_found');

    await user.call(`POST /api/posts/${post.id}/publish`);
    const change = await other.call(`PATCH /api/posts/${post.id}`, { body: { title: 'Yours' } });
    expectProblem(change, 403, 'forbidden');
  });
});

describe('a path', () => {
  it.each([
    ['an id that is no UUID', '/api/posts/7'],
    ['no route', '/api/nothing'],
    ['the inside', '/internal/events'],
    ['the inside of a service', '/api/internal/status'],
  ])('with %s is not there', async (_what, path) => {
    expectProblem(await stranger(`GET ${path as '/'}`), 404, 'not_found');
  });

  it.each([
    '/api/posts/%2e%2e/users',
    '/api//posts',
    '/api/posts%2F1',
    '/api/posts/%00',
    '/api/./posts',
    '/api/%zz',
  ])('with more than one reading is refused: %s', async (path) => {
    expect(await statusOf(path)).toBe(400);
  });

  it('that is too long is refused', async () => {
    expectProblem(await stranger(`GET /api/posts?q=${'x'.repeat(9000)}`), 414, 'uri_too_long');
  });

  it('knows which methods it has', async () => {
    const answer = await admin.call('DELETE /api/products');

    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')).toMatch(/GET/);
  });
});

describe('a precondition', () => {
  it('that is stale is refused, and one that holds is taken', async () => {
    const order = await user.call('POST /api/orders', { body: {} });
    const path = `/api/orders/${order.body.data.id}/cancel` as const;

    expectProblem(
      await user.call(`POST ${path}`, { headers: { 'if-match': '"99"' } }),
      412,
      'precondition_failed',
    );
    const etag = order.headers.get('etag');
    expect(etag).toMatch(/^"1/);
    expect((await user.call(`POST ${path}`, { headers: { 'if-match': etag ?? '' } })).status).toBeLessThan(
      300,
    );
  });

  it('spares an answer that the client has', async () => {
    const first = await stranger('GET /api/posts');
    const { id } = first.body.data[0];
    const etag = (await user.call(`GET /api/posts/${id}`)).headers.get('etag') ?? '';

    expect((await user.call(`GET /api/posts/${id}`, { headers: { 'if-none-match': etag } })).status).toBe(
      304,
    );
    expect((await stranger(`GET /api/posts/${id}`, { headers: { 'if-none-match': etag } })).status).toBe(200);
  });
});

describe('a request that is sent twice', () => {
  it('with an Idempotency-Key has one effect and the same answer', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await user.call('POST /api/orders', { body: {}, headers });
    const again = await user.call('POST /api/orders', { body: {}, headers });
    const another = { items: [{ productId: randomUUID(), quantity: 1 }] };

    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expectProblem(
      await user.call('POST /api/orders', { body: another, headers }),
      422,
      'idempotency_key_reused',
    );
  });
});

/** fetch would tidy the path up before it is sent. */
const statusOf = (path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(product.url);
    request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
