import { z } from 'zod';
import { id, money } from '../values.ts';

/** A product as the catalogue shows it; `stock` is what can still be ordered. */
export const productFacts = z.object({
  productId: id,
  sku: z.string(),
  name: z.string(),
  price: money,
  stock: z.int().min(0),
});
