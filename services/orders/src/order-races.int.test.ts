import type { TestUser } from '@gatehouse/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OrdersForTests, startOrdersForTests } from './orders-for-tests.ts';

let orders: OrdersForTests;

/** Two instances on one database, so that no lock of a process can help. */
beforeAll(async () => {
  orders = await startOrdersForTests('order_races', 2);
}, 60_000);
afterAll(() => orders.stop());

const confirm = (id: string, as: TestUser, instance = 0) =>
  orders.request('POST', `/api/orders/${id}/confirm`, { as, instance });

const statusesOf = async (placed: readonly (readonly [TestUser, string])[]): Promise<readonly string[]> =>
  Promise.all(placed.map(async ([as, id], index) => (await orders.getOrder(as, id, index % 2)).data.status));

const count = (statuses: readonly string[], wanted: string): number =>
  statuses.filter((status) => status === wanted).length;

describe('twenty buyers of a product with five in stock', () => {
  it('are five confirmed and fifteen rejected, and nothing is left', async () => {
    const product = await orders.addProduct({ stock: 5 });
    const placed = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const buyer = await orders.signIn();
        return [buyer, await orders.addOrder(buyer, [product, 1])] as const;
      }),
    );

    const answers = await Promise.all(placed.map(([as, id], index) => confirm(id, as, index % 2)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202));

    const statuses = await statusesOf(placed);
    expect([count(statuses, 'confirmed'), count(statuses, 'rejected')]).toEqual([5, 15]);
    expect(await orders.stockOf(product)).toBe(0);
  });
});

describe('orders of the same products in different orders', () => {
  it('wait for each other and all get through', async () => {
    const products = [
      await orders.addProduct({ stock: 12 }),
      await orders.addProduct({ stock: 12 }),
    ] as const;
    const buyer = await orders.signIn();
    const placed = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const [first, second] = index % 2 === 0 ? products : [products[1], products[0]];
        return [buyer, await orders.addOrder(buyer, [first, 1], [second, 1])] as const;
      }),
    );
    await Promise.all(placed.map(([as, id], index) => confirm(id, as, index % 2)));

    expect(count(await statusesOf(placed), 'confirmed')).toBe(12);
    expect([await orders.stockOf(products[0]), await orders.stockOf(products[1])]).toEqual([0, 0]);
  });
});

describe('confirming and cancelling at the same moment', () => {
  it('never loses or makes stock', async () => {
    const product = await orders.addProduct({ stock: 10 });
    const buyer = await orders.signIn();
    const placed = await Promise.all(
      Array.from({ length: 10 }, async () => [buyer, await orders.addOrder(buyer, [product, 1])] as const),
    );
    await Promise.all(placed.map(([as, id]) => confirm(id, as)));
    const cancels = await Promise.all(
      placed.map(([as, id]) => orders.request('POST', `/api/orders/${id}/cancel`, { as, instance: 1 })),
    );
    expect(cancels.map(({ status }) => status)).toEqual(Array(10).fill(200));

    expect(count(await statusesOf(placed), 'cancelled')).toBe(10);
    expect(await orders.stockOf(product)).toBe(10);
  });
});

describe('two writers of one order', () => {
  it('both get through when neither names a version', async () => {
    const product = await orders.addProduct();
    const ann = await orders.signIn();
    const id = await orders.addOrder(ann);
    const add = (instance: number) =>
      orders.request('POST', `/api/orders/${id}/items`, {
        as: ann,
        body: { productId: product, quantity: 1 },
        instance,
      });

    const answers = await Promise.all([add(0), add(1)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect((await orders.getOrder(ann, id)).data).toMatchObject({ version: 3, items: [{ quantity: 2 }] });
  });

  it('are one who wins and one who is told when both name the same version', async () => {
    const product = await orders.addProduct();
    const ann = await orders.signIn();
    const id = await orders.addOrder(ann);
    const answers = await Promise.all(
      [0, 1, 0, 1].map((instance) =>
        orders.request('POST', `/api/orders/${id}/items`, {
          as: ann,
          body: { productId: product, quantity: 1 },
          headers: { 'if-match': '"1-full"' },
          instance,
        }),
      ),
    );

    expect(answers.map(({ status }) => status).sort()).toEqual([201, 412, 412, 412]);
    expect((await orders.getOrder(ann, id)).data.version).toBe(2);
  });
});
