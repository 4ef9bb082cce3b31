import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const OrderItemRemoved = defineEvent({
  type: 'gatehouse.order.item_removed.v1',
  description: 'A line was taken out of an order.',
  data: z.object({ orderId: id, productId: id }),
});
