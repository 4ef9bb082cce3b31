import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const OrderCancelled = defineEvent({
  type: 'gatehouse.order.cancelled.v1',
  description: 'The order was taken back, its stock with it; reason is a code such as requested.',
  data: z.object({ orderId: id, customerId: id, reason: z.string() }),
});
