import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, money } from '../values.ts';
import { orderItem } from './order-item.ts';

export const OrderCreated = defineEvent({
  type: 'gatehouse.order.created.v1',
  description: 'A customer began an order; totalAmount is null while it is empty.',
  data: z.object({
    orderId: id,
    customerId: id,
    items: z.array(orderItem).readonly(),
    totalAmount: money.nullable(),
  }),
});
