import type { Order } from './order.ts';
import { orderError } from './order-errors.ts';

/** Who asks. */
export type Caller = Readonly<{ id: string; role: 'user' | 'admin' }>;

/** Whose it is; `undefined` stands for an order that there is not. */
type Owned = Readonly<{ customerId: string }> | undefined;

/** Its customer and administrators may see an order and cancel it; nobody else may know of it. */
export const requireReader = (caller: Caller, order: Owned): void => {
  if (order === undefined) throw orderError('not_found');
  if (order.customerId !== caller.id && caller.role !== 'admin') throw orderError('not_found');
};

/** Its customer alone decides what is in it and whether it is wanted. */
export const requireCustomer = (caller: Caller, order: Owned): void => {
  requireReader(caller, order);
  if (order?.customerId !== caller.id) throw orderError('forbidden');
};

export const toOwned = (order: Order): Owned => (order.status === 'new' ? undefined : order);
