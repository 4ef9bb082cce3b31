import type { Money, OrderItem } from '@gatehouse/contracts';
import { type PlacedOrder, totalOf } from './order.ts';

/** An order as clients see it. `reason` says why it was rejected or cancelled. */
export type OrderView = Readonly<{
  id: string;
  customerId: string;
  items: readonly OrderItem[];
  status: PlacedOrder['status'];
  version: number;
  totalAmount: Money | null;
  createdAt: string;
  confirmedAt: string | null;
  reason: string | null;
}>;

export const toOrderView = (id: string, version: number, order: PlacedOrder): OrderView => ({
  id,
  customerId: order.customerId,
  items: order.items,
  status: order.status,
  version,
  totalAmount: totalOf(order.items),
  createdAt: order.createdAt,
  confirmedAt: 'confirmedAt' in order ? order.confirmedAt : null,
  reason: 'reason' in order ? order.reason : null,
});
