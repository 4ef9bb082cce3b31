import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually, newUser, type SignedIn, signInAdministrator } from './client.ts';
import { type Product, startProduct } from './product.ts';

let product: Product;
let admin: SignedIn;
let buyer: SignedIn;
beforeAll(async () => {
  product = await startProduct();
  admin = await signInAdministrator(product.url);
  buyer = await newUser(product.url, admin, 'Eve');
});
afterAll(() => product?.dispose());

describe('a correlation id gives the whole tree: request, commands, events, deliveries, retries, read models', () => {
  const order = async (correlationId: string) => {
    const created = await admin.call('POST /api/products', {
      body: { sku: correlationId, name: 'Engine', price: { amount: 1999, currency: 'EUR' }, stock: 5 },
    });
    const body = { items: [{ productId: created.body.data.id, quantity: 1 }] };
    const placed = await buyer.call('POST /api/orders', { body });
    expect(placed).toMatchObject({ status: 201 });
    const { id } = placed.body.data;
    const headers = { 'x-request-id': correlationId };
    expect((await buyer.call(`POST /api/orders/${id}/confirm`, { headers })).status).toBe(202);
    return id as string;
  };

  it('from the request that confirms an order to its mail, over two services and a read model', async () => {
    const id = await order('eves-order');
    const lineage = await eventually('the whole tree', async () => {
      const { meta } = (await admin.call('GET /admin/events?correlationId=eves-order')).body;
      const text = JSON.stringify(meta.lineage);
      return text.includes('users.notification-mails') && !/"behind"|"pending"/.test(text)
        ? meta.lineage
        : undefined;
    });

    const applied = [{ projection: 'order-summary', state: 'applied' }];
    expect(lineage).toMatchObject({
      correlationId: 'eves-order',
      eventsLeftOut: 0,
      steps: [
        {
          service: 'orders',
          command: 'POST /api/orders/:id/confirm',
          changes: [{ stream: `order-${id}`, readModels: applied }],
          events: [
            {
              type: 'gatehouse.order.confirmation_requested.v1',
              subject: id,
              sentAt: expect.any(String),
              deliveries: [
                {
                  service: 'orders',
                  consumer: 'orders.fulfilment',
                  state: 'done',
                  attempts: 0,
                  steps: [
                    {
                      command: 'orders.fulfilment',
                      changes: [{ stream: `order-${id}`, readModels: applied }],
                      events: expect.arrayContaining([
                        expect.objectContaining({
                          type: 'gatehouse.order.confirmed.v1',
                          deliveries: [
                            expect.objectContaining({
                              service: 'users',
                              consumer: 'users.notification-mails',
                              state: 'done',
                            }),
                          ],
                        }),
                      ]),
                    },
                  ],
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it('nobody knows an id that was never there', async () => {
    expect((await admin.call('GET /admin/events?correlationId=nobodys')).body).toMatchObject({
      data: [],
      meta: { unavailable: [], lineage: { correlationId: 'nobodys', steps: [], eventsLeftOut: 0 } },
    });
  });

  it('without one the list is as it was', async () => {
    const { meta } = (await admin.call('GET /admin/events?limit=1')).body;
    expect(meta).toEqual({ unavailable: [] });
  });

  it('an operator sees keys that stand still, and may replay by filter, after a dry run', async () => {
    expect((await admin.call('GET /admin/parked-keys')).body).toMatchObject({ data: [] });
    expect((await admin.call('POST /admin/dead-letters/replay?dryRun&type=order')).body).toMatchObject({
      data: { dryRun: true, matched: 0, replayed: 0, letters: [] },
      meta: { unavailable: [] },
    });
    const stranger = clientOf(product.url);
    for (const line of ['GET /admin/parked-keys', 'POST /admin/dead-letters/replay'] as const) {
      expect((await stranger(line)).status).toBe(401);
      expect((await buyer.call(line)).status).toBe(403);
    }
  });
});

describe('the events as they describe themselves', () => {
  it('are one AsyncAPI 3 document beside the OpenAPI one', async () => {
    const { status, body } = await clientOf(product.url)('GET /asyncapi.json');

    expect(status).toBe(200);
    expect(body.asyncapi).toBe('3.0.0');
    expect(body.operations['say.order.confirmed']).toMatchObject({ tags: [{ name: 'orders' }] });
    expect((await clientOf(product.url)('GET /openapi.json')).body.paths).toHaveProperty(['/asyncapi.json']);
  });
});
