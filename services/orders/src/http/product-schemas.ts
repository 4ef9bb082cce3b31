import { id, money } from '@gatehouse/contracts';
import { pageQuery } from '@gatehouse/service-kit';
import { z } from 'zod';

/** Low enough that no order's total leaves the whole numbers that JSON keeps exactly: × 1000 pieces × 100 lines. */
const priceLimit = 1_000_000_000;

/** As the runtime's own tables have them: a slip of the finger is no currency. */
const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** PostgreSQL keeps neither a NUL nor half a surrogate pair, and no reader wants a control character in a line. */
const line = (limit: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(limit)
    .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'One line, without control characters.');

const details = {
  sku: line(64),
  name: line(200),
  price: z.strictObject({
    amount: z.int().min(0).max(priceLimit),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, { error: 'Three capital letters (ISO 4217).', abort: true })
      .refine((code) => currencies.has(code), 'No currency of ISO 4217.'),
  }),
  stock: z.int().min(0).max(1_000_000_000),
};

export const newProduct = z.strictObject({ ...details, stock: details.stock.default(0) });

export const productChange = z
  .strictObject(details)
  .partial()
  .refine((change) => Object.keys(change).length > 0, { message: 'Name at least one field.' });

export const productsQuery = z.strictObject({ ...pageQuery });

export const productReply = z.object({ id, sku: z.string(), name: z.string(), price: money, stock: z.int() });
