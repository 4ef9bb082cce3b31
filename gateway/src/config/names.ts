import { z } from 'zod';

/** Of routes, services and limits: labels of metrics. */
export const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'Expected lower-case letters, digits and dashes');

export const headerName = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'Expected the name of a header');

const parameterPattern = /^[A-Za-z0-9._~-]{1,64}$/;

/** Of a query parameter or a cookie. */
export const parameterName = z.string().regex(parameterPattern, 'Expected the name of a parameter');

/** A number would lose its zeros (`1.10`), so it is asked for as text. */
export const text = z
  .string({ error: 'Expected text; numbers, true and false go in quotes' })
  .min(1)
  .max(256)
  .regex(/^[\x20-\x7e]*$/, 'Expected characters of ASCII');
