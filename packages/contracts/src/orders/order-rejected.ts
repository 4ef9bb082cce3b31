import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const OrderRejected = defineEvent({
  type: 'gatehouse.order.rejected.v1',
  description: 'The order could not be filled; reason is a code such as out_of_stock.',
  data: z.object({ orderId: id, customerId: id, reason: z.string() }),
});
