import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id, money } from '../values.ts';
import { orderItem } from './order-item.ts';

export const OrderConfirmationRequested = defineEvent({
  type: 'gatehouse.order.confirmation_requested.v1',
  description: 'The customer wants the order as it stands; stock is being reserved.',
  data: z.object({ orderId: id, customerId: id, items: z.array(orderItem).readonly(), totalAmount: money }),
});
