import type { Limit } from './limiter.ts';

/** A limit with a name, and what it says of itself in the headers of the IETF draft (ratelimit-headers-11). */
export type NamedLimit = Limit & Readonly<{ name: string; policyHeader: string; windowSeconds: number }>;

/** `RATE_LIMIT_FACTOR` applied: the window stays, the limit grows or shrinks, to 1 at least. */
export const scaleLimit = ({ limit, windowMs }: Limit, factor: number): Limit => ({
  limit: Math.max(1, Math.round(limit * factor)),
  windowMs,
});

export const nameLimit = (name: string, figures: Limit, factor: number): NamedLimit => {
  const { limit, windowMs } = scaleLimit(figures, factor);
  const windowSeconds = Math.max(1, Math.ceil(windowMs / 1000));
  return {
    name,
    limit,
    windowMs,
    windowSeconds,
    policyHeader: `"${name}";q=${limit};w=${windowSeconds}`,
  };
};

/** `r` left, and `t`: within how many seconds they are given back at the latest. */
export const rateLimitHeader = ({ name }: NamedLimit, remaining: number, resetSeconds: number): string =>
  `"${name}";r=${remaining};t=${resetSeconds}`;
