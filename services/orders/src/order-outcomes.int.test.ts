import type { TestUser } from '@gatehouse/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OrdersForTests, startOrdersForTests } from './orders-for-tests.ts';

let orders: OrdersForTests;
let ann: TestUser;
let tea: string;

beforeAll(async () => {
  orders = await startOrdersForTests('order_outcomes');
  ann = await orders.signIn();
  tea = await orders.addProduct({ stock: 1000, amount: 500 });
}, 60_000);
afterAll(() => orders.stop());

const post = (path: string, as: TestUser | undefined, body?: unknown, headers: Record<string, string> = {}) =>
  orders.request('POST', path, { as, body, headers });

describe('confirming an order', () => {
  it('answers at once that it is confirming, and then it is confirmed', async () => {
    const jam = await orders.addProduct({ stock: 5, amount: 300 });
    const id = await orders.addOrder(ann, [jam, 2]);

    const asked = await post(`/api/orders/${id}/confirm`, ann);
    expect(asked).toMatchObject({ status: 202, data: { status: 'confirming', version: 2 } });

    const confirmed = await orders.request('GET', `/api/orders/${id}?waitForVersion=3`, { as: ann });
    expect(confirmed.data).toMatchObject({
      status: 'confirmed',
      version: 3,
      confirmedAt: expect.any(String),
    });
    expect(await orders.stockOf(jam)).toBe(3);
    expect((await orders.announced(id)).map(({ type }) => type)).toEqual([
      'gatehouse.order.created.v1',
      'gatehouse.order.confirmation_requested.v1',
      'gatehouse.order.confirmed.v1',
    ]);
  });

  it('changes nothing when it is asked again', async () => {
    const id = await orders.addOrder(ann, [tea, 1]);
    await post(`/api/orders/${id}/confirm`, ann);
    await orders.whenIdle();

    expect(await post(`/api/orders/${id}/confirm`, ann)).toMatchObject({
      status: 202,
      data: { status: 'confirmed', version: 3 },
    });
  });

  it('refuses an empty order', async () => {
    const id = await orders.addOrder(ann);

    expect(await post(`/api/orders/${id}/confirm`, ann)).toMatchObject({
      status: 409,
      json: { code: 'order_empty' },
    });
  });

  it('is rejected when there is not enough of one, and takes nothing of the others', async () => {
    const [enough, scarce] = [await orders.addProduct({ stock: 9 }), await orders.addProduct({ stock: 1 })];
    const id = await orders.addOrder(ann, [enough, 2], [scarce, 2]);
    await post(`/api/orders/${id}/confirm`, ann);

    expect((await orders.getOrder(ann, id)).data).toMatchObject({
      status: 'rejected',
      reason: 'out_of_stock',
    });
    expect([await orders.stockOf(enough), await orders.stockOf(scarce)]).toEqual([9, 1]);
  });

  it('carries the correlation of the request into its outcome', async () => {
    const id = await orders.addOrder(ann, [tea, 1]);
    await post(`/api/orders/${id}/confirm`, ann, undefined, { 'x-request-id': 'a-confirmation' });

    const correlations = (await orders.announced(id)).map(({ correlationId }) => correlationId);
    expect(correlations.slice(1)).toEqual(['a-confirmation', 'a-confirmation']);
    const events = await orders.request('GET', `/api/orders/${id}/events`, { as: ann });
    expect(events.data.at(-1)).toMatchObject({ type: 'order-confirmed', correlationId: 'a-confirmation' });
  });
});

describe('cancelling an order', () => {
  it('gives the stock of a confirmed one back, once', async () => {
    const jam = await orders.addProduct({ stock: 5 });
    const id = await orders.addOrder(ann, [jam, 2]);
    await post(`/api/orders/${id}/confirm`, ann);
    await orders.whenIdle();

    expect(await post(`/api/orders/${id}/cancel`, ann)).toMatchObject({
      status: 200,
      data: { status: 'cancelled', reason: 'requested' },
    });
    expect((await post(`/api/orders/${id}/cancel`, ann)).status).toBe(200);
    expect(await orders.stockOf(jam)).toBe(5);
    expect((await orders.getOrder(ann, id)).data).toMatchObject({ status: 'cancelled', version: 4 });
  });

  it('ends a draft', async () => {
    const id = await orders.addOrder(ann, [tea, 1]);

    expect((await post(`/api/orders/${id}/cancel`, orders.admin)).data.status).toBe('cancelled');
    expect((await post(`/api/orders/${id}/confirm`, ann)).json.code).toBe('order_not_draft');
  });

  it('is too late for a rejected one', async () => {
    const scarce = await orders.addProduct({ stock: 0 });
    const id = await orders.addOrder(ann, [scarce, 1]);
    await post(`/api/orders/${id}/confirm`, ann);
    await orders.whenIdle();

    expect(await post(`/api/orders/${id}/cancel`, ann)).toMatchObject({
      status: 409,
      json: { code: 'order_not_cancellable' },
    });
  });
});
