import type { TestUser } from '@gatehouse/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OrdersForTests, startOrdersForTests } from './orders-for-tests.ts';

let orders: OrdersForTests;
let ann: TestUser;
let tea: string;

beforeAll(async () => {
  orders = await startOrdersForTests('orders');
  ann = await orders.signIn();
  tea = await orders.addProduct({ stock: 1000, amount: 500 });
}, 60_000);
afterAll(() => orders.stop());

const post = (path: string, as: TestUser | undefined, body?: unknown, headers: Record<string, string> = {}) =>
  orders.request('POST', path, { as, body, headers });

const nobodysId = '01900000-0000-7000-8000-00000000dead';

describe('beginning an order', () => {
  it('makes a draft of one’s own, with names and prices of the catalogue', async () => {
    const answer = await post('/api/orders', ann, { items: [{ productId: tea, quantity: 3 }] });

    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/orders/${answer.data.id}`);
    expect(answer.headers.get('etag')).toBe('"1-full"');
    expect(answer.data).toEqual({
      id: expect.any(String),
      customerId: ann.id,
      items: [{ productId: tea, name: 'Tea', quantity: 3, price: { amount: 500, currency: 'EUR' } }],
      status: 'draft',
      version: 1,
      totalAmount: { amount: 1500, currency: 'EUR' },
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      confirmedAt: null,
      reason: null,
    });
  });

  it('may be empty, and then has no total', async () => {
    expect((await post('/api/orders', ann, {})).data).toMatchObject({ items: [], totalAmount: null });
  });

  it('is for verified users', async () => {
    expect((await post('/api/orders', undefined, {})).status).toBe(401);
    expect(await post('/api/orders', await orders.signIn('user', false), {})).toMatchObject({
      status: 403,
      json: { code: 'email_unverified' },
    });
  });

  it('names the product that is in no catalogue', async () => {
    const items = [
      { productId: tea, quantity: 1 },
      { productId: nobodysId, quantity: 1 },
    ];
    expect(await post('/api/orders', ann, { items })).toMatchObject({
      status: 422,
      json: { code: 'validation_failed', errors: [{ path: '/items/1/productId' }] },
    });
  });

  it.each([
    [
      'a price',
      { items: [{ productId: 'TEA', quantity: 1, price: { amount: 1, currency: 'EUR' } }] },
      '/items/0',
    ],
    ['a customer', { customerId: nobodysId }, ''],
    ['nothing of a product', { items: [{ productId: 'TEA', quantity: 0 }] }, '/items/0/quantity'],
    ['too much of a product', { items: [{ productId: 'TEA', quantity: 1001 }] }, '/items/0/quantity'],
    [
      'a product twice',
      {
        items: [
          { productId: 'TEA', quantity: 1 },
          { productId: 'TEA', quantity: 1 },
        ],
      },
      '/items/1/productId',
    ],
  ])('refuses %s, and says where', async (_, body, path) => {
    const answer = await post('/api/orders', ann, JSON.parse(JSON.stringify(body).replaceAll('TEA', tea)));

    expect(answer).toMatchObject({ status: 422, json: { code: 'validation_failed' } });
    expect(answer.json.errors[0].path.startsWith(path)).toBe(true);
  });

  it('refuses prices in two currencies', async () => {
    const jam = await orders.addProduct({ currency: 'USD' });
    const items = [tea, jam].map((productId) => ({ productId, quantity: 1 }));

    expect(await post('/api/orders', ann, { items })).toMatchObject({
      status: 409,
      json: { code: 'mixed_currencies' },
    });
  });

  it('happens once for one key', async () => {
    const headers = { 'idempotency-key': 'begin-once' };
    const first = await post('/api/orders', ann, { items: [{ productId: tea, quantity: 1 }] }, headers);
    const again = await post('/api/orders', ann, { items: [{ productId: tea, quantity: 1 }] }, headers);

    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.data).toEqual(first.data);
    expect(await post('/api/orders', ann, {}, headers)).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
  });
});

describe('changing a draft', () => {
  it('adds a product, changes how many, takes it out', async () => {
    const id = await orders.addOrder(ann);

    const added = await post(`/api/orders/${id}/items`, ann, { productId: tea, quantity: 2 });
    expect(added).toMatchObject({ status: 201, data: { version: 2, totalAmount: { amount: 1000 } } });

    const more = await post(`/api/orders/${id}/items`, ann, { productId: tea, quantity: 2 });
    expect(more.data.items).toMatchObject([{ quantity: 4 }]);

    const changed = await orders.request('PATCH', `/api/orders/${id}/items/${tea}`, {
      as: ann,
      body: { quantity: 7 },
    });
    expect(changed).toMatchObject({ status: 200, data: { version: 4, items: [{ quantity: 7 }] } });

    const removed = await orders.request('DELETE', `/api/orders/${id}/items/${tea}`, { as: ann });
    expect(removed).toMatchObject({ status: 200, data: { version: 5, items: [], totalAmount: null } });
  });

  it('keeps the price of the day it was added', async () => {
    const jam = await orders.addProduct({ amount: 200 });
    const id = await orders.addOrder(ann, [jam, 1]);
    await orders.request('PATCH', `/api/products/${jam}`, {
      as: orders.admin,
      body: { price: { amount: 900, currency: 'EUR' } },
    });

    expect((await orders.getOrder(ann, id)).data.totalAmount.amount).toBe(200);
  });

  it('is over once it was asked for', async () => {
    const id = await orders.addOrder(ann, [tea, 1]);
    await post(`/api/orders/${id}/confirm`, ann);

    const refused = { status: 409, json: { code: 'order_not_draft' } };
    expect(await post(`/api/orders/${id}/items`, ann, { productId: tea, quantity: 1 })).toMatchObject(
      refused,
    );
    expect(await orders.request('DELETE', `/api/orders/${id}/items/${tea}`, { as: ann })).toMatchObject(
      refused,
    );
  });

  it('does not find a line that is not there', async () => {
    const id = await orders.addOrder(ann);

    expect(
      await orders.request('PATCH', `/api/orders/${id}/items/${tea}`, { as: ann, body: { quantity: 1 } }),
    ).toMatchObject({ status: 404, json: { code: 'not_found' } });
  });
});

describe('a condition on the version', () => {
  it('lets the current one through and refuses a former one', async () => {
    const id = await orders.addOrder(ann);
    const add = (etag: string) =>
      post(`/api/orders/${id}/items`, ann, { productId: tea, quantity: 1 }, { 'if-match': etag });

    expect((await add('"1-full"')).status).toBe(201);
    expect(await add('"1-full"')).toMatchObject({ status: 412, json: { code: 'precondition_failed' } });
  });

  it('spares what the caller has already', async () => {
    const id = await orders.addOrder(ann);
    const first = await orders.getOrder(ann, id);
    const again = await orders.request('GET', `/api/orders/${id}`, {
      as: ann,
      headers: { 'if-none-match': first.headers.get('etag') ?? '' },
    });

    expect(again.status).toBe(304);
  });
});

describe('an order of somebody else', () => {
  it('is not there', async () => {
    const id = await orders.addOrder(ann, [tea, 1]);
    const as = await orders.signIn();

    const answers = [
      await orders.request('GET', `/api/orders/${id}`, { as }),
      await orders.request('GET', `/api/orders/${id}?asOfVersion=1`, { as }),
      await orders.request('GET', `/api/orders/${id}?waitForVersion=99`, { as }),
      await orders.request('GET', `/api/orders/${id}/events`, { as }),
      await post(`/api/orders/${id}/items`, as, { productId: tea, quantity: 1 }),
      await post(`/api/orders/${id}/confirm`, as, undefined, { 'if-match': '"9-full"' }),
      await post(`/api/orders/${id}/cancel`, as),
      await orders.request('GET', `/api/orders/${nobodysId}`, { as }),
      await orders.request('GET', '/api/orders/7', { as }),
    ];
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual(
      answers.map(() => [404, 'not_found']),
    );
  });

  it('can be seen by an administrator, who does not decide for its customer', async () => {
    const id = await orders.addOrder(ann, [tea, 1]);

    expect((await orders.getOrder(orders.admin, id)).data.customerId).toBe(ann.id);
    expect(await post(`/api/orders/${id}/confirm`, orders.admin)).toMatchObject({
      status: 403,
      json: { code: 'forbidden' },
    });
  });
});
