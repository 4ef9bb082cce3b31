import { z } from 'zod';
import { id, money } from '../values.ts';

/** One line of an order, at the price of the day it was added. */
export const orderItem = z
  .object({ productId: id, name: z.string(), quantity: z.int().min(1), price: money })
  .readonly();

export type OrderItem = z.output<typeof orderItem>;
