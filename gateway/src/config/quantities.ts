import { z } from 'zod';

const millisecondsPer: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const bytesPer: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

const quantity = (units: Readonly<Record<string, number>>, expected: string, least = 1) => {
  const pattern = new RegExp(`^(\\d+(?:\\.\\d+)?)(${Object.keys(units).join('|')})$`);
  return z.string({ error: expected }).transform((text, context) => {
    const [, amount, unit] = pattern.exec(text.toLowerCase()) ?? [];
    const value = Math.round(Number(amount) * (units[unit ?? ''] ?? Number.NaN));
    if (value >= least) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
};

/** `500ms`, `15s`, `2m`, `1h`; above 0. Comes out in milliseconds. */
export const duration = quantity(millisecondsPer, 'Expected a duration like 500ms, 15s or 2m');

/** The same, and `0s` for not at all. */
export const durationOrNone = quantity(millisecondsPer, 'Expected a duration like 500ms, 15s or 0s', 0);

/** `64kb`, `1mb`; above 0, in steps of 1024. Comes out in bytes. */
export const byteSize = quantity(bytesPer, 'Expected a size like 64kb or 1mb');

/** `20%`, `0.5%`; 0 to 100. Comes out as a ratio from 0 to 1. */
export const percent = z
  .string({ error: 'Expected a percentage like 20%' })
  .regex(/^(?:100|\d{1,2}(?:\.\d{1,3})?)%$/, 'Expected a percentage like 20%')
  .transform((text) => Number(text.slice(0, -1)) / 100);
