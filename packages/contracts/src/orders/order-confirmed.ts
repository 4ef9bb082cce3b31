import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, money, timestamp } from '../values.ts';

export const OrderConfirmed = defineEvent({
  type: 'gatehouse.order.confirmed.v1',
  description: 'Stock is reserved, the order stands.',
  data: z.object({ orderId: id, customerId: id, totalAmount: money, confirmedAt: timestamp }),
});
