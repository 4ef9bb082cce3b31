import { UserDeactivated, UserDeleted } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OrdersForTests, startOrdersForTests } from './orders-for-tests.ts';

let orders: OrdersForTests;
let tea: string;

beforeAll(async () => {
  orders = await startOrdersForTests('closed_accounts');
  tea = await orders.addProduct({ stock: 10 });
}, 60_000);
afterAll(() => orders.stop());

describe.each([
  ['deactivated', UserDeactivated],
  ['deleted', UserDeleted],
])('a customer whose account is %s', (_, definition) => {
  it('has open orders cancelled, while confirmed ones stand', async () => {
    const ann = await orders.signIn();
    const bob = await orders.signIn();
    const before = await orders.stockOf(tea);
    const bought = await orders.addOrder(ann, [tea, 1]);
    await orders.request('POST', `/api/orders/${bought}/confirm`, { as: ann });
    await orders.whenIdle();
    const drafts = [await orders.addOrder(ann, [tea, 1]), await orders.addOrder(ann)];
    const foreign = await orders.addOrder(bob, [tea, 1]);

    await orders.announce(definition, ann.id, { userId: ann.id });
    await orders.announce(definition, ann.id, { userId: ann.id });

    for (const id of drafts) {
      expect((await orders.getOrder(ann, id)).data).toMatchObject({
        status: 'cancelled',
        reason: 'account_closed',
        version: 2,
      });
    }
    expect((await orders.getOrder(ann, bought)).data.status).toBe('confirmed');
    expect((await orders.getOrder(bob, foreign)).data.status).toBe('draft');
    expect(await orders.stockOf(tea)).toBe(before - 1);
  });
});
