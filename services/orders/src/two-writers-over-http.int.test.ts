import type { TestUser } from '@gatehouse/service-kit/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OrderEvent } from './order/order-messages.ts';
import { type OrdersForTests, startOrdersForTests } from './orders-for-tests.ts';
import { foldPossible } from './testing/possible-history.ts';

/** Orders that two writers meet on; 10 000 by hand: `TWO_WRITERS_RUNS=10000 npm test -- two-writers-over-http`. */
const runs = Number(process.env.TWO_WRITERS_RUNS ?? 20);
const atOnce = 10;
const inStock = 1_000_000;

let orders: OrdersForTests;
let products: readonly string[];
let ann: TestUser;

beforeAll(async () => {
  orders = await startOrdersForTests('two_writers_http', 2);
  products = [await orders.addProduct({ stock: inStock }), await orders.addProduct({ stock: 3 })];
  ann = await orders.signIn();
}, 60_000);
afterAll(() => orders.stop());

const product = fc.integer({ min: 0, max: 1 });
const quantity = fc.integer({ min: 1, max: 3 });
const wish = fc.record({
  what: fc.oneof(
    fc.record({ kind: fc.constant('add' as const), product, quantity }),
    fc.record({ kind: fc.constant('change' as const), product, quantity }),
    fc.record({ kind: fc.constant('remove' as const), product }),
    fc.record({ kind: fc.constantFrom('confirm' as const, 'cancel' as const) }),
  ),
  hasCondition: fc.boolean(),
});
type Wish = typeof wish extends fc.Arbitrary<infer T> ? T : never;
const writer = fc.array(wish, { minLength: 1, maxLength: 5 });
const pairs = fc.array(fc.tuple(writer, writer), { minLength: atOnce, maxLength: atOnce });

const callFor = ({ what }: Wish): readonly [method: string, path: string, body?: object] => {
  switch (what.kind) {
    case 'add':
      return ['POST', '/items', { productId: products[what.product], quantity: what.quantity }];
    case 'change':
      return ['PATCH', `/items/${products[what.product]}`, { quantity: what.quantity }];
    case 'remove':
      return ['DELETE', `/items/${products[what.product]}`];
    case 'confirm':
    case 'cancel':
      return ['POST', `/${what.kind}`];
  }
};

/** Every version that it was told; with a condition it names the last one that it saw. */
const write = async (id: string, wishes: readonly Wish[], instance: number): Promise<readonly number[]> => {
  const told: number[] = [];
  let seen = 1;
  for (const one of wishes) {
    const [method, path, body] = callFor(one);
    const answer = await orders.request(method, `/api/orders/${id}${path}`, {
      as: ann,
      instance,
      ...(body === undefined ? {} : { body }),
      ...(one.hasCondition ? { headers: { 'if-match': `"${seen}-full"` } } : {}),
    });
    expect(one.hasCondition ? [200, 201, 202, 404, 409, 412] : [200, 201, 202, 404, 409]).toContain(
      answer.status,
    );
    if (answer.status < 300) {
      seen = answer.data.version;
      told.push(seen);
    }
  }
  return told;
};

const historyOf = async (id: string): Promise<readonly OrderEvent[]> => {
  const { data } = await orders.request('GET', `/api/orders/${id}/events?limit=100`, { as: ann });
  return data.map(({ type, data }: { type: string; data: object }) => ({ ...data, type }));
};

/** How many of each product the order holds. */
const heldBy = (order: ReturnType<typeof foldPossible>): readonly number[] =>
  products.map((productId) =>
    order.status === 'confirmed'
      ? (order.items.find((item) => item.productId === productId)?.quantity ?? 0)
      : 0,
  );

type Written = Readonly<{ id: string; told: readonly number[] }>;

const writeBoth = async ([first, second]: readonly [readonly Wish[], readonly Wish[]]): Promise<Written> => {
  const id = await orders.addOrder(ann);
  return { id, told: (await Promise.all([write(id, first, 0), write(id, second, 1)])).flat() };
};

/** The history is possible, has all that was told, and is what the read model shows. */
const check = async ({ id, told }: Written): Promise<ReturnType<typeof foldPossible>> => {
  const history = await historyOf(id);
  const order = foldPossible(history);
  expect(Math.max(1, ...told)).toBeLessThanOrEqual(history.length);
  const { data } = await orders.request('GET', `/api/orders/${id}`, { as: ann });
  expect([data.version, data.status]).toEqual([history.length, order.status]);
  return order;
};

describe('two writers on one order, over HTTP', () => {
  it(
    'never bring it into an impossible state, and never make or lose stock',
    async () => {
      const held = [0, 0];
      await fc.assert(
        fc.asyncProperty(pairs, async (all) => {
          const written = await Promise.all(all.map(writeBoth));
          await orders.whenIdle();
          for (const order of await Promise.all(written.map(check))) {
            heldBy(order).forEach((count, index) => {
              held[index] = (held[index] ?? 0) + count;
            });
          }
        }),
        { numRuns: Math.ceil(runs / atOnce), endOnFailure: true },
      );

      expect(await orders.stockOf(products[0] as string)).toBe(inStock - (held[0] as number));
      expect(await orders.stockOf(products[1] as string)).toBe(3 - (held[1] as number));
    },
    60_000 + runs * 500,
  );
});
