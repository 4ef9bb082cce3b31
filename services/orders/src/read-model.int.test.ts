import type { TestUser } from '@gatehouse/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OrdersForTests, startOrdersForTests } from './orders-for-tests.ts';

let orders: OrdersForTests;
let tea: string;

beforeAll(async () => {
  orders = await startOrdersForTests('read_model', 2);
  tea = await orders.addProduct({ stock: 1000 });
}, 60_000);
afterAll(() => orders.stop());

const operate = async (method: string, path: string) =>
  orders.request(method, `/internal/projections${path}`, { token: await orders.serviceToken() });

const totalOf = async (as: TestUser, query = '') =>
  (await orders.request('GET', `/api/orders${query}`, { as })).json.meta.total;

describe('the total of a list', () => {
  it('is counted along, by customer and status', async () => {
    const ann = await orders.signIn();
    const before = await totalOf(orders.admin);
    const first = await orders.addOrder(ann, [tea, 1]);
    await orders.addOrder(ann);
    await orders.request('POST', `/api/orders/${first}/confirm`, { as: ann });
    await orders.getOrder(ann, first);

    expect(await totalOf(ann)).toBe(2);
    expect(await totalOf(ann, '?status=draft')).toBe(1);
    expect(await totalOf(ann, '?status=confirmed')).toBe(1);
    expect(await totalOf(ann, '?status=confirming')).toBe(0);
    expect(await totalOf(orders.admin)).toBe(before + 2);
  });
});

describe('making the read model of orders anew', () => {
  it('loses and doubles nothing while orders are written and read', async () => {
    const ann = await orders.signIn();
    for (let count = 0; count < 30; count += 1) await orders.addOrder(ann, [tea, 1]);
    const listed = async () => (await orders.request('GET', '/api/orders?limit=100', { as: ann })).json;
    expect((await listed()).data).toHaveLength(30);

    expect((await operate('POST', '/order-summary/rebuild')).status).toBe(202);
    for (let count = 31; count <= 50; count += 1) {
      await orders.addOrder(ann, [tea, 1]);
      const { data, meta } = await listed();
      expect([data.length, meta.total]).toEqual([count, count]);
    }
    await expect
      .poll(async () => (await operate('GET', '/order-summary')).data, { timeout: 20_000 })
      .toMatchObject({ version: 2 });

    const { data, meta } = await listed();
    expect([new Set(data.map(({ id }: { id: string }) => id)).size, meta.total]).toEqual([50, 50]);
  });

  it('has a way back', async () => {
    const ann = await orders.signIn();
    await orders.addOrder(ann);
    const { version } = (await operate('GET', '/order-summary')).data;
    await operate('POST', '/order-summary/rebuild');
    await expect
      .poll(async () => (await operate('GET', '/order-summary')).data, { timeout: 20_000 })
      .toMatchObject({ version: version + 1 });
    await orders.addOrder(ann);

    expect((await operate('POST', '/order-summary/revert')).status).toBe(202);
    expect(await totalOf(ann)).toBe(2);
    await expect
      .poll(async () => (await operate('GET', '/order-summary')).data, { timeout: 20_000 })
      .toMatchObject({ version, former: { version: version + 1 } });
    expect(await totalOf(ann)).toBe(2);
  });

  it('is for parts of Gatehouse alone, and only for what there is', async () => {
    expect((await orders.request('POST', '/internal/projections/order-summary/rebuild')).status).toBe(401);
    expect((await operate('POST', '/nobodys/rebuild')).status).toBe(404);
    expect((await operate('POST', `/order-summary/parked/${tea}/retry`)).status).toBe(404);
    expect((await operate('POST', '/order-summary/parked/retry?dryRun')).data).toEqual([]);
    expect((await operate('DELETE', '/order-summary/rebuild')).status).toBe(204);
  });
});
