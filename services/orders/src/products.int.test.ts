import type { TestUser } from '@gatehouse/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OrdersForTests, startOrdersForTests } from './orders-for-tests.ts';

let orders: OrdersForTests;

beforeAll(async () => {
  orders = await startOrdersForTests('products');
}, 60_000);
afterAll(() => orders.stop());

const tea = { sku: 'TEA-1', name: 'Green tea', price: { amount: 499, currency: 'EUR' }, stock: 7 };
const add = (body: unknown, as: TestUser | undefined = orders.admin, headers: Record<string, string> = {}) =>
  orders.request('POST', '/api/products', { as, body, headers });
const change = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  orders.request('PATCH', `/api/products/${id}`, { as: orders.admin, body, headers });

describe('adding a product', () => {
  it('is seen by anyone, and announced', async () => {
    const added = await add(tea);
    expect(added).toMatchObject({ status: 201, data: tea });

    const seen = await orders.request('GET', `/api/products/${added.data.id}`);
    expect(seen.data).toEqual({ id: added.data.id, ...tea });
    expect(seen.headers.get('etag')).toBe('"1-full"');
    expect(await orders.announced(added.data.id)).toMatchObject([
      { type: 'gatehouse.product.created.v1', data: { productId: added.data.id, ...tea } },
    ]);
  });

  it('refuses a sku that another one has', async () => {
    await add({ ...tea, sku: 'TWICE' });

    expect(await add({ ...tea, sku: 'TWICE' })).toMatchObject({
      status: 409,
      json: { code: 'sku_taken' },
    });
  });

  it('happens once for one key', async () => {
    const headers = { 'idempotency-key': 'add-once' };
    const first = await add({ ...tea, sku: 'ONCE' }, orders.admin, headers);

    expect((await add({ ...tea, sku: 'ONCE' }, orders.admin, headers)).data).toEqual(first.data);
  });

  it('is for administrators', async () => {
    expect((await orders.request('POST', '/api/products', { body: tea })).status).toBe(401);
    expect((await add(tea, await orders.signIn())).status).toBe(403);
  });

  it.each([
    ['less than nothing in stock', { stock: -1 }, '/stock'],
    ['a broken amount', { price: { amount: 4.99, currency: 'EUR' } }, '/price/amount'],
    ['a currency that no country has', { price: { amount: 499, currency: 'EUO' } }, '/price/currency'],
    ['a currency of its own', { price: { amount: 499, currency: 'euro' } }, '/price/currency'],
    ['no name', { name: ' ' }, '/name'],
    ['a name that no database keeps', { name: 'Tea\u0000' }, '/name'],
    ['half a character', { sku: 'TEA-\ud83c' }, '/sku'],
    ['a version', { version: 7 }, '/version'],
  ])('refuses %s', async (_, wrong, path) => {
    expect(await add({ ...tea, sku: 'WRONG', ...wrong })).toMatchObject({
      status: 422,
      json: { code: 'validation_failed', errors: [{ path }] },
    });
  });
});

describe('changing a product', () => {
  it('changes what is given and announces it', async () => {
    const { id } = (await add({ ...tea, sku: 'CHANGED' })).data;

    expect(await change(id, { stock: 20 })).toMatchObject({
      status: 200,
      data: { stock: 20, name: 'Green tea' },
    });
    expect((await orders.announced(id)).map(({ type }) => type)).toEqual([
      'gatehouse.product.created.v1',
      'gatehouse.product.updated.v1',
    ]);
  });

  it('is nothing when nothing changes', async () => {
    const { id } = (await add({ ...tea, sku: 'SAME' })).data;

    expect((await change(id, { stock: 7 })).headers.get('etag')).toBe('"1-full"');
    expect(await orders.announced(id)).toHaveLength(1);
  });

  it('is refused when an order took of the stock since it was read', async () => {
    const { id } = (await add({ ...tea, sku: 'SOLD' })).data;
    const ann = await orders.signIn();
    const order = await orders.addOrder(ann, [id, 2]);
    await orders.request('POST', `/api/orders/${order}/confirm`, { as: ann });
    await orders.whenIdle();

    expect(await change(id, { stock: 7 }, { 'if-match': '"1-full"' })).toMatchObject({
      status: 412,
      json: { code: 'precondition_failed' },
    });
    expect((await orders.announced(id)).at(-1)).toMatchObject({ data: { stock: 5 } });
  });

  it('refuses an empty change, another’s sku and what is not there', async () => {
    const { id } = (await add({ ...tea, sku: 'LEFT' })).data;
    await add({ ...tea, sku: 'RIGHT' });

    expect((await change(id, {})).status).toBe(422);
    expect((await change(id, { sku: 'RIGHT' })).json.code).toBe('sku_taken');
    expect((await change('01900000-0000-7000-8000-00000000dead', { stock: 1 })).status).toBe(404);
  });
});

describe('the catalogue', () => {
  it('lists the newest first, by page and by cursor', async () => {
    const ids: string[] = [];
    for (const sku of ['L1', 'L2', 'L3']) ids.unshift((await add({ ...tea, sku })).data.id);

    const first = await orders.request('GET', '/api/products?limit=2');
    expect(first.data.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 2));
    expect(first.meta).toMatchObject({ page: 1, limit: 2, nextCursor: expect.any(String) });

    const byCursor = await orders.request('GET', `/api/products?limit=1&cursor=${first.meta.nextCursor}`);
    expect(byCursor.data[0].id).toBe(ids[2]);
    const byPage = await orders.request('GET', '/api/products?limit=1&page=3');
    expect(byPage.data[0].id).toBe(ids[2]);
  });
});
