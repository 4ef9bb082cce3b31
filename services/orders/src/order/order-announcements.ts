import {
  OrderCancelled,
  OrderConfirmationRequested,
  OrderConfirmed,
  OrderCreated,
  type OrderItem,
  OrderItemAdded,
  OrderItemRemoved,
  OrderRejected,
} from '@gatehouse/contracts';
import { type NewEvent, newEvent } from '@gatehouse/messaging';
import { lineOf, type PlacedOrder, totalOf } from './order.ts';
import type { OrderEvent } from './order-messages.ts';

/** An event of an order with where it stands: `order` is the state after it, `version` the stream's. */
export type OrderFact<E extends OrderEvent = OrderEvent> = Readonly<{
  orderId: string;
  version: number;
  event: E;
  order: PlacedOrder;
}>;

type Fact<T extends OrderEvent['type']> = OrderFact<Extract<OrderEvent, Readonly<{ type: T }>>>;

/** What others hear of what happened to an order: one function for each event, and nothing else is published. */
export const announce = ({ event, ...fact }: OrderFact): NewEvent => {
  switch (event.type) {
    case 'order-created':
      return announceCreated({ ...fact, event });
    case 'order-item-added':
      return announceItemAdded({ ...fact, event });
    case 'order-quantity-changed':
      return announceQuantityChanged({ ...fact, event });
    case 'order-item-removed':
      return announceItemRemoved({ ...fact, event });
    case 'order-confirmation-requested':
      return announceConfirmationRequested({ ...fact, event });
    case 'order-confirmed':
      return announceConfirmed({ ...fact, event });
    case 'order-rejected':
      return announceRejected({ ...fact, event });
    case 'order-cancelled':
      return announceCancelled({ ...fact, event });
  }
};

const announceCreated = ({ orderId, version, event }: Fact<'order-created'>): NewEvent =>
  newEvent(OrderCreated, {
    aggregateId: orderId,
    aggregateVersion: version,
    data: {
      orderId,
      customerId: event.customerId,
      items: event.items,
      totalAmount: totalOf(event.items),
    },
  });

const announceItemAdded = ({ orderId, version, event }: Fact<'order-item-added'>): NewEvent =>
  newEvent(OrderItemAdded, {
    aggregateId: orderId,
    aggregateVersion: version,
    data: { orderId, item: event.item },
  });

/** Outside it is the same as adding: the line as it is now. */
const announceQuantityChanged = ({
  orderId,
  version,
  event,
  order,
}: Fact<'order-quantity-changed'>): NewEvent =>
  newEvent(OrderItemAdded, {
    aggregateId: orderId,
    aggregateVersion: version,
    data: { orderId, item: lineOf(order.items, event.productId) as OrderItem },
  });

const announceItemRemoved = ({ orderId, version, event }: Fact<'order-item-removed'>): NewEvent =>
  newEvent(OrderItemRemoved, {
    aggregateId: orderId,
    aggregateVersion: version,
    data: { orderId, productId: event.productId },
  });

const announceConfirmationRequested = ({
  orderId,
  version,
  order,
}: Fact<'order-confirmation-requested'>): NewEvent =>
  newEvent(OrderConfirmationRequested, {
    aggregateId: orderId,
    aggregateVersion: version,
    data: {
      orderId,
      customerId: order.customerId,
      items: order.items,
      totalAmount: totalOfSome(order.items),
    },
  });

const announceConfirmed = ({ orderId, version, event, order }: Fact<'order-confirmed'>): NewEvent =>
  newEvent(OrderConfirmed, {
    aggregateId: orderId,
    aggregateVersion: version,
    data: {
      orderId,
      customerId: order.customerId,
      totalAmount: totalOfSome(order.items),
      confirmedAt: event.at,
    },
  });

const announceRejected = ({ orderId, version, event, order }: Fact<'order-rejected'>): NewEvent =>
  newEvent(OrderRejected, {
    aggregateId: orderId,
    aggregateVersion: version,
    data: { orderId, customerId: order.customerId, reason: event.reason },
  });

const announceCancelled = ({ orderId, version, event, order }: Fact<'order-cancelled'>): NewEvent =>
  newEvent(OrderCancelled, {
    aggregateId: orderId,
    aggregateVersion: version,
    data: { orderId, customerId: order.customerId, reason: event.reason },
  });

/** No order without items is ever confirmed: the decider sees to it. */
const totalOfSome = (items: readonly OrderItem[]) =>
  totalOf(items) as NonNullable<ReturnType<typeof totalOf>>;
