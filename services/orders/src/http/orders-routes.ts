import type { Ids } from '@gatehouse/contracts';
import type { AnyTx } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import { accepted, created, ok, type Reply, type Route, route } from '@gatehouse/service-kit';
import { placed } from '../order/order.ts';
import { type Caller, requireCustomer, requireReader, toOwned } from '../order/order-access.ts';
import type { OrderCommand } from '../order/order-messages.ts';
import { type OrderView, toOrderView } from '../order/order-view.ts';
import type { WriteOrder } from '../order/order-writer.ts';
import type { Catalogue } from '../product/catalogue.ts';
import type { Stock } from '../product/stock.ts';
import { newItem, newOrder, newQuantity, orderReply } from './order-schemas.ts';
import { createPriceItems } from './price-items.ts';

export type OrdersRoutesDeps = Readonly<{
  write: WriteOrder;
  catalogue: Catalogue;
  stock: Stock;
  clock: Clock;
  ids: Ids;
}>;

/** What changes an order. Each is one transaction: its events, what others hear, stock given back, the kept answer. */
export const ordersRoutes = ({ write, catalogue, stock, clock, ids }: OrdersRoutesDeps): Route[] => {
  const priceItems = createPriceItems(catalogue);
  const now = (): string => new Date(clock.now()).toISOString();

  /** One command of the order's own customer. */
  const changeOwn = async (change: Change, id: string, command: OrderCommand): Promise<OrderView> => {
    const { version, state } = await write(id, command, {
      tx: change.tx,
      ...(change.ifMatch === undefined ? {} : { expectedVersion: change.ifMatch }),
      guard: (order) => requireCustomer(change.principal, toOwned(order)),
    });
    return toOrderView(id, version, placed(state));
  };

  return [
    route(
      'POST /api/orders',
      {
        auth: 'verified',
        permission: 'orders:create',
        idempotent: true,
        summary: 'Begin an order, at prices of today',
        body: newOrder,
        responses: { 201: orderReply },
      },
      ({ body, principal, once }) =>
        once(async (tx) => {
          const id = ids.next();
          const items = await priceItems(tx, body.items, (index) => `/items/${index}/productId`);
          const command = { type: 'create-order', customerId: principal.id, items, at: now() } as const;
          const { version, state } = await write(id, command, { tx });
          return created(toOrderView(id, version, placed(state)), {
            version,
            view: 'full',
            headers: { Location: `/api/orders/${id}` },
          });
        }),
    ),

    route(
      'POST /api/orders/:id/items',
      {
        auth: 'required',
        permission: 'orders:update',
        idempotent: true,
        summary: 'Add a product, or more of it, at the price of today',
        body: newItem,
        responses: { 201: orderReply },
      },
      ({ params, body, once, ...input }) =>
        once(async (tx) => {
          const [item] = await priceItems(tx, [body], () => '/productId');
          const command = { type: 'add-item', item: item as NonNullable<typeof item>, at: now() } as const;
          return tagged(created, await changeOwn({ tx, ...input }, params.id, command));
        }),
    ),

    route(
      'PATCH /api/orders/:id/items/:productId',
      {
        auth: 'required',
        permission: 'orders:update',
        summary: 'Change how many of a product',
        body: newQuantity,
        responses: { 200: orderReply },
      },
      ({ params: { id, productId }, body: { quantity }, once, ...input }) =>
        once(async (tx) => {
          const command = { type: 'change-quantity', productId, quantity, at: now() } as const;
          return tagged(ok, await changeOwn({ tx, ...input }, id, command));
        }),
    ),

    route(
      'DELETE /api/orders/:id/items/:productId',
      {
        auth: 'required',
        permission: 'orders:update',
        summary: 'Take a product out',
        responses: { 200: orderReply },
      },
      ({ params: { id, productId }, once, ...input }) =>
        once(async (tx) => {
          const command = { type: 'remove-item', productId, at: now() } as const;
          return tagged(ok, await changeOwn({ tx, ...input }, id, command));
        }),
    ),

    route(
      'POST /api/orders/:id/confirm',
      {
        auth: 'required',
        permission: 'orders:confirm',
        idempotent: true,
        summary: 'Ask for the order as it stands; its stock is set aside or it is rejected',
        responses: { 202: orderReply },
      },
      ({ params, once, ...input }) =>
        once(async (tx) =>
          tagged(
            accepted,
            await changeOwn({ tx, ...input }, params.id, { type: 'confirm-order', at: now() }),
          ),
        ),
    ),

    route(
      'POST /api/orders/:id/cancel',
      {
        auth: 'required',
        permission: 'orders:cancel',
        idempotent: true,
        summary: 'Cancel an order; the stock of a confirmed one goes back',
        responses: { 200: orderReply },
      },
      ({ params: { id }, principal, ifMatch, once }) =>
        once(async (tx) => {
          const command = { type: 'cancel-order', reason: 'requested', at: now() } as const;
          const { version, state, events } = await write(id, command, {
            tx,
            ...(ifMatch === undefined ? {} : { expectedVersion: ifMatch }),
            guard: (order) => requireReader(principal, toOwned(order)),
          });
          const order = placed(state);
          const returnsStock = events.some((event) => event.type === 'order-cancelled' && event.returnsStock);
          if (returnsStock) await stock.giveBack(tx, order.items);
          return tagged(ok, toOrderView(id, version, order));
        }),
    ),
  ];
};

type Change = Readonly<{ tx: AnyTx; principal: Caller; ifMatch?: number }>;

const tagged = (
  reply: (data: unknown, options: Readonly<{ version: number; view: string }>) => Reply,
  view: OrderView,
): Reply => reply(view, { version: view.version, view: 'full' });
