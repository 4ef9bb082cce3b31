import { OrderConfirmationRequested } from '@gatehouse/contracts';
import type { StateLoader } from '@gatehouse/event-store';
import { createSubscription, on, type Subscription } from '@gatehouse/messaging';
import type { Clock } from '@gatehouse/resilience';
import type { Order } from '../order/order.ts';
import type { WriteOrder } from '../order/order-writer.ts';
import type { Stock } from '../product/stock.ts';

export type FulfilmentDeps = Readonly<{
  load: StateLoader<Order>;
  write: WriteOrder;
  stock: Stock;
  clock: Clock;
}>;

/**
 * Answers a customer who wants an order: its stock set aside and the order confirmed, or neither and the order rejected,
 * in one transaction. It hears the service's own announcement through outbox and inbox, so it survives a crash at any
 * point; heard twice, or after the order was cancelled, it does nothing.
 */
export const createFulfilment = ({ load, write, stock, clock }: FulfilmentDeps): Subscription =>
  createSubscription({
    consumer: 'orders.fulfilment',
    handlers: [
      on(OrderConfirmationRequested, async ({ data: { orderId } }, tx) => {
        const { state: order } = await load(orderId, { tx });
        if (order.status !== 'confirming') return;

        const at = new Date(clock.now()).toISOString();
        if (await stock.reserve(tx, order.items)) await write(orderId, { type: 'accept-order', at }, { tx });
        else await write(orderId, { type: 'reject-order', reason: 'out_of_stock', at }, { tx });
      }),
    ],
  });
