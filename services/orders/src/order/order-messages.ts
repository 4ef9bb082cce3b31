import type { OrderItem } from '@gatehouse/contracts';

/** What is asked of an order. `at` is ISO 8601, prices come from the catalogue. */
export type OrderCommand = Readonly<
  | { type: 'create-order'; customerId: string; items: readonly OrderItem[]; at: string }
  | { type: 'add-item'; item: OrderItem; at: string }
  | { type: 'change-quantity'; productId: string; quantity: number; at: string }
  | { type: 'remove-item'; productId: string; at: string }
  | { type: 'confirm-order'; at: string }
  /** Its stock is set aside in the same transaction. */
  | { type: 'accept-order'; at: string }
  | { type: 'reject-order'; reason: string; at: string }
  /** Its time to be confirmed is over. */
  | { type: 'expire-order'; at: string }
  | { type: 'cancel-order'; reason: string; at: string }
>;

/** What happened to an order: private to this service, `order-announcements.ts` says what others hear of it. */
export type OrderEvent = Readonly<
  | { type: 'order-created'; customerId: string; items: readonly OrderItem[]; at: string }
  /** A new line, or more of one: the line as it is from now on. */
  | { type: 'order-item-added'; item: OrderItem; at: string }
  | { type: 'order-quantity-changed'; productId: string; quantity: number; at: string }
  | { type: 'order-item-removed'; productId: string; at: string }
  | { type: 'order-confirmation-requested'; at: string }
  | { type: 'order-confirmed'; at: string }
  | { type: 'order-rejected'; reason: string; at: string }
  /** `returnsStock`: it was confirmed, so what was set aside for it goes back. */
  | { type: 'order-cancelled'; reason: string; returnsStock: boolean; at: string }
>;

const known: Readonly<Record<OrderEvent['type'], true>> = {
  'order-created': true,
  'order-item-added': true,
  'order-quantity-changed': true,
  'order-item-removed': true,
  'order-confirmation-requested': true,
  'order-confirmed': true,
  'order-rejected': true,
  'order-cancelled': true,
};

/** Every type of event that an order can have; another one was written by a newer version of this service. */
export const orderEventTypes: readonly string[] = Object.keys(known);
