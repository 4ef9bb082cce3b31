import { type EventData, type EventDefinition, randomIds } from '@gatehouse/contracts';
import { type Answer, startServiceForTests, type TestUser } from '@gatehouse/service-kit/testing';
import { ordersService } from './index.ts';

export type OrdersForTests = Awaited<ReturnType<typeof startOrdersForTests>>;

/** The whole service, one or more instances on one database, with what its tests do again and again. */
export const startOrdersForTests = async (databaseName: string, instances = 1) => {
  const service = await startServiceForTests(ordersService, {
    databaseName,
    instances,
    settings: { namedVersionWaitMs: 10_000, ownVersionWaitMs: 5_000, projectionPollMs: 20 },
  });
  const { request, signIn, whenIdle } = service;
  const admin = await signIn('admin');

  return {
    ...service,
    admin,

    /** A new product's id. */
    async addProduct(
      details: Readonly<{ stock?: number; amount?: number; currency?: string }> = {},
    ): Promise<string> {
      const { stock = 10, amount = 500, currency = 'EUR' } = details;
      const answer = await request('POST', '/api/products', {
        as: admin,
        body: { sku: randomIds.next(), name: 'Tea', price: { amount, currency }, stock },
      });
      return answer.data.id;
    },

    async stockOf(productId: string): Promise<number> {
      return (await request('GET', `/api/products/${productId}`)).data.stock;
    },

    /** A new draft's id, with so many of each product. */
    async addOrder(
      as: TestUser,
      ...items: readonly (readonly [productId: string, quantity: number])[]
    ): Promise<string> {
      const answer = await request('POST', '/api/orders', {
        as,
        body: { items: items.map(([productId, quantity]) => ({ productId, quantity })) },
      });
      return answer.data.id;
    },

    /** Once everything that was asked for is settled. */
    async getOrder(as: TestUser, id: string, instance = 0): Promise<Answer> {
      await whenIdle();
      return request('GET', `/api/orders/${id}`, { as, instance });
    },

    /** As users would: the second event about somebody. */
    announce: <E extends EventDefinition>(event: E, subject: string, data: EventData<E>): Promise<void> =>
      service.announce(event, { subject, version: 2, data }),
  };
};
