import type { Money, OrderItem } from '@gatehouse/contracts';
import type { Decider } from '@gatehouse/event-store';
import { orderError } from './order-errors.ts';
import type { OrderCommand, OrderEvent } from './order-messages.ts';

type Facts = Readonly<{ customerId: string; items: readonly OrderItem[]; createdAt: string }>;

/**
 * draft → confirming (stock is being set aside) → confirmed or rejected; the first three → cancelled. `new` has no event
 * yet. Rejected and cancelled are the end.
 */
export type Order = Readonly<
  | { status: 'new' }
  | (Facts & { status: 'draft' | 'confirming' })
  | (Facts & { status: 'confirmed'; confirmedAt: string })
  | (Facts & { status: 'rejected'; reason: string })
  | (Facts & { status: 'cancelled'; reason: string; confirmedAt: string | null })
>;

/** An order that exists. */
export type PlacedOrder = Exclude<Order, Readonly<{ status: 'new' }>>;

/** Names the shape of `Order` for its snapshots; another shape needs another name. */
export const orderSchema = 'order-1';

export const lineLimit = 100;
export const quantityLimit = 1000;

const decide = (command: OrderCommand, order: Order): readonly OrderEvent[] => {
  switch (command.type) {
    case 'create-order': {
      if (order.status !== 'new') return []; // said again: it stands as first made
      const { customerId, items, at } = command;
      return [{ type: 'order-created', customerId, items: checkedLines(items), at }];
    }

    case 'add-item': {
      const { items } = draftOf(order);
      const { item, at } = command;
      const quantity = (lineOf(items, item.productId)?.quantity ?? 0) + item.quantity;
      const line = { ...item, quantity };
      checkedLines(withLine(items, line));
      return [{ type: 'order-item-added', item: line, at }];
    }

    case 'change-quantity': {
      const { productId, quantity, at } = command;
      const line = lineOf(draftOf(order).items, productId);
      if (line === undefined) throw orderError('not_found', { message: 'The order has no such line.' });
      if (quantity > quantityLimit) throw orderError('order_full', { details: { productId } });
      return line.quantity === quantity ? [] : [{ type: 'order-quantity-changed', productId, quantity, at }];
    }

    case 'remove-item': {
      const { productId, at } = command;
      const line = lineOf(draftOf(order).items, productId);
      return line === undefined ? [] : [{ type: 'order-item-removed', productId, at }];
    }

    case 'confirm-order':
      if (order.status === 'confirming' || order.status === 'confirmed') return []; // already asked
      if (draftOf(order).items.length === 0) throw orderError('order_empty');
      return [{ type: 'order-confirmation-requested', at: command.at }];

    case 'accept-order':
      if (order.status === 'confirmed') return [];
      if (order.status !== 'confirming') throw orderError('order_not_confirming');
      return [{ type: 'order-confirmed', at: command.at }];

    case 'reject-order':
      if (order.status === 'rejected') return [];
      if (order.status !== 'confirming') throw orderError('order_not_confirming');
      return [{ type: 'order-rejected', reason: command.reason, at: command.at }];

    case 'expire-order':
      if (placed(order).status !== 'confirming') return []; // it was answered in time
      return [{ type: 'order-rejected', reason: 'timed_out', at: command.at }];

    case 'cancel-order': {
      const { reason, at } = command;
      const { status } = placed(order);
      if (status === 'cancelled') return [];
      if (status === 'rejected') throw orderError('order_not_cancellable');
      return [{ type: 'order-cancelled', reason, returnsStock: status === 'confirmed', at }];
    }
  }
};

const evolve = (order: Order, event: OrderEvent): Order => {
  if (event.type === 'order-created') {
    return { status: 'draft', customerId: event.customerId, items: event.items, createdAt: event.at };
  }
  if (order.status === 'new') return order; // nothing can come before the first event
  const { customerId, items, createdAt } = order;
  const facts = { customerId, items, createdAt };
  switch (event.type) {
    case 'order-item-added':
      return { ...facts, status: 'draft', items: withLine(items, event.item) };
    case 'order-quantity-changed':
      return { ...facts, status: 'draft', items: withQuantity(items, event.productId, event.quantity) };
    case 'order-item-removed':
      return {
        ...facts,
        status: 'draft',
        items: items.filter(({ productId }) => productId !== event.productId),
      };
    case 'order-confirmation-requested':
      return { ...facts, status: 'confirming' };
    case 'order-confirmed':
      return { ...facts, status: 'confirmed', confirmedAt: event.at };
    case 'order-rejected':
      return { ...facts, status: 'rejected', reason: event.reason };
    case 'order-cancelled':
      return {
        ...facts,
        status: 'cancelled',
        reason: event.reason,
        confirmedAt: order.status === 'confirmed' ? order.confirmedAt : null,
      };
  }
};

export const orderDecider = {
  initial: (): Order => ({ status: 'new' }),
  decide,
  evolve,
} satisfies Decider<OrderCommand, OrderEvent, Order>;

/** The order, or `not_found` when it has not begun. */
export const placed = (order: Order): PlacedOrder => {
  if (order.status === 'new') throw orderError('not_found');
  return order;
};

/** `null` while there is no item: an amount of nothing has no currency. */
export const totalOf = (items: readonly OrderItem[]): Money | null => {
  const [first] = items;
  if (first === undefined) return null;
  const amount = items.reduce((sum, { price, quantity }) => sum + price.amount * quantity, 0);
  return { amount, currency: first.price.currency };
};

export const lineOf = (items: readonly OrderItem[], productId: string): OrderItem | undefined =>
  items.find((item) => item.productId === productId);

const draftOf = (order: Order): PlacedOrder => {
  if (placed(order).status !== 'draft') throw orderError('order_not_draft');
  return placed(order);
};

const checkedLines = (items: readonly OrderItem[]): readonly OrderItem[] => {
  if (new Set(items.map(({ price }) => price.currency)).size > 1) throw orderError('mixed_currencies');
  if (items.length > lineLimit || items.some(({ quantity }) => quantity > quantityLimit)) {
    throw orderError('order_full');
  }
  return items;
};

/** Lines keep their places; a new one comes last. */
const withLine = (items: readonly OrderItem[], line: OrderItem): readonly OrderItem[] =>
  lineOf(items, line.productId) === undefined
    ? [...items, line]
    : items.map((item) => (item.productId === line.productId ? line : item));

const withQuantity = (
  items: readonly OrderItem[],
  productId: string,
  quantity: number,
): readonly OrderItem[] => items.map((item) => (item.productId === productId ? { ...item, quantity } : item));
