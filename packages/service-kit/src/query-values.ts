import { z } from 'zod';

/** A moment that PostgreSQL knows too: four digits of a year, from 1 on. As text in UTC. */
export const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString())
  .refine((iso) => /^(?!0000)\d{4}-/.test(iso), 'A year from 1 to 9999.');

/** What a list is narrowed by, at most 200 characters. PostgreSQL keeps no NUL, and looks for none either. */
export const filterText = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u, 'Contains a control character.');
