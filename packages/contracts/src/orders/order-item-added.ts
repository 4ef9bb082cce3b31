import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';
import { orderItem } from './order-item.ts';

export const OrderItemAdded = defineEvent({
  type: 'gatehouse.order.item_added.v1',
  description: 'An order has one more line, or more of one: item is the line as it is now.',
  data: z.object({ orderId: id, item: orderItem }),
});
