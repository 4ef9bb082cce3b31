import type { Clock } from '@gatehouse/resilience';

/** At most `limit` in any `windowMs`, all of it at once if unused, refilled one by one. */
export type Limit = Readonly<{ limit: number; windowMs: number }>;

/** `wholeInMs`: how long until the key has everything back. */
export type LimitState = Readonly<{ key: string; wholeInMs: number }>;

export type Limiter = Readonly<{
  /**
   * Takes one from what `key` has left. Gives how many are left then (0 or more) or, if there was none, the
   * milliseconds until there is one, as a negative number: a plain number, since this runs for every request.
   */
  take(key: string, limit: Limit): number;
  /** The same answer as `take` would give, without taking. */
  peek(key: string, limit: Limit): number;
  /** Keys with something taken, at most `max`, the latest used last. */
  list(max: number): readonly LimitState[];
  /** Gives `key` all of its limit back. */
  clear(key: string): boolean;
  size(): number;
}>;

export type LimiterOptions = Readonly<{ clock: Clock; maxKeys?: number }>;

/** Rounding of a window divided by a limit must never cost the last one of a limit. */
const roundingMs = 1e-6;

/**
 * GCRA: one number for each key, the time at which it will have everything back. Exact, since it runs in one turn.
 *
 * Bounded by two generations of keys of `maxKeys` / 2 each: a key that is used moves to the young one; when that is full,
 * or after the longest window, the old one is thrown away as a whole. So the keys that go are those unused for
 * longest, and those that go by time have everything back anyway. A million keys of 40 characters take about 150 MB.
 */
export const createLimiter = ({ clock, maxKeys = 1_000_000 }: LimiterOptions): Limiter => {
  const generationKeys = Math.max(1, Math.floor(maxKeys / 2));
  let young = new Map<string, number>();
  let old = new Map<string, number>();
  let longestWindowMs = 0;
  let turnedAtMs = clock.monotonic();

  const turn = (nowMs: number): void => {
    old = nowMs - turnedAtMs >= 2 * longestWindowMs ? new Map() : young;
    young = new Map();
    turnedAtMs = nowMs;
  };

  const fullAgainAt = (key: string): number => young.get(key) ?? old.get(key) ?? 0;

  const count = (key: string, { limit, windowMs }: Limit, takes: boolean): number => {
    const nowMs = clock.monotonic();
    if (windowMs > longestWindowMs) longestWindowMs = windowMs;
    if (young.size >= generationKeys || nowMs - turnedAtMs >= longestWindowMs) turn(nowMs);

    const costMs = windowMs / limit;
    const fullAtMs = Math.max(fullAgainAt(key), nowMs) + costMs;
    const spareMs = windowMs - (fullAtMs - nowMs);
    if (spareMs < -roundingMs) return spareMs;
    if (takes) young.set(key, fullAtMs);
    return Math.floor((spareMs + roundingMs) / costMs);
  };

  return {
    take: (key, limit) => count(key, limit, true),
    peek: (key, limit) => count(key, limit, false),
    list: (max) => {
      const nowMs = clock.monotonic();
      const states: LimitState[] = [];
      let skip = young.size + old.size - max;
      for (const generation of [old, young]) {
        for (const [key, fullAtMs] of generation) {
          if (skip-- > 0 || fullAtMs <= nowMs || fullAgainAt(key) !== fullAtMs) continue;
          states.push({ key, wholeInMs: Math.ceil(fullAtMs - nowMs) });
        }
      }
      return states;
    },
    clear: (key) => {
      const wasOld = old.delete(key);
      return young.delete(key) || wasOld;
    },
    size: () => young.size + old.size,
  };
};
