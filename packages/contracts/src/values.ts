import { z } from 'zod';

/** A UUID, made lower-case: PostgreSQL answers in lower case, and ids are compared as text. */
export const id = z.uuid().toLowerCase().meta({ description: 'A UUID.' });

/** ISO 8601 in UTC, as `Date.prototype.toISOString` writes it. */
export const timestamp = z.iso.datetime().meta({ description: 'ISO 8601, UTC.' });

/** An amount in integer minor units (cents) of an ISO 4217 currency; never a floating-point number of euros. */
export const money = z
  .object({
    amount: z.int().meta({ description: 'Minor units: 1999 is 19.99 EUR.' }),
    currency: z.string().regex(/^[A-Z]{3}$/, 'Three capital letters (ISO 4217).'),
  })
  .readonly();

export type Money = z.output<typeof money>;
