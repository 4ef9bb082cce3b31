import type { Clock } from '@gatehouse/resilience';
import type { BothLeft, Limit, Limiter, LimitState, Taking } from './limiter.ts';

/** Decides at once, and shows what a limiter that is shared by several gateways needs of its local view. */
export type MemoryLimiter = Omit<Limiter, 'take' | 'takeBoth' | 'clear'> &
  Readonly<{
    take(key: string, limit: Limit): number;
    takeBoth(first: Taking, second: Taking): BothLeft;
    clear(key: string): boolean;
    /** Milliseconds until `key` has everything back; 0 if it has, or is not known. */
    wholeInMs(key: string): number;
    /** Takes over what somebody else has counted for `key`. */
    learn(key: string, limit: Limit, wholeInMs: number): void;
    size(): number;
  }>;

export type MemoryLimiterOptions = Readonly<{ clock: Clock; maxKeys?: number }>;

/** Rounding of a window divided by a limit must never cost the last one of a limit. */
const roundingMs = 1e-6;

/**
 * GCRA: one number for each key, the time at which it will have everything back. Exact, since it runs in one turn.
 *
 * Bounded by two generations of keys of `maxKeys` / 2 each: a key that is used moves to the young one; when that is full,
 * or after the longest window, the old one is thrown away as a whole. So the keys that go are those unused for
 * longest, and those that go by time have everything back anyway. A million keys of 40 characters take about 150 MB.
 */
export const createMemoryLimiter = ({ clock, maxKeys = 1_000_000 }: MemoryLimiterOptions): MemoryLimiter => {
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

  const makeRoom = (nowMs: number, windowMs: number): void => {
    if (windowMs > longestWindowMs) longestWindowMs = windowMs;
    if (young.size >= generationKeys || nowMs - turnedAtMs >= longestWindowMs) turn(nowMs);
  };

  const take = (key: string, { limit, windowMs }: Limit): number => {
    const nowMs = clock.monotonic();
    makeRoom(nowMs, windowMs);
    const costMs = windowMs / limit;
    const knownMs = fullAgainAt(key);
    const fullAtMs = Math.max(knownMs, nowMs) + costMs;
    const spareMs = windowMs - (fullAtMs - nowMs);
    if (spareMs < -roundingMs) {
      young.set(key, knownMs); // in use, so it must not be the next to go, and be whole again
      return spareMs;
    }
    young.set(key, fullAtMs);
    return Math.floor((spareMs + roundingMs) / costMs);
  };

  return {
    take,
    asks: () => false,
    takeBoth: (first, second) => {
      const left = take(first.key, first.limit);
      return { first: left, second: left < 0 ? undefined : take(second.key, second.limit) };
    },
    emptyForMs: (key, { limit, windowMs }) => {
      const overMs = fullAgainAt(key) - clock.monotonic() - windowMs + windowMs / limit;
      return overMs > roundingMs ? overMs : 0;
    },
    wholeInMs: (key) => Math.max(0, fullAgainAt(key) - clock.monotonic()),
    learn: (key, { windowMs }, wholeInMs) => {
      const nowMs = clock.monotonic();
      makeRoom(nowMs, windowMs);
      young.set(key, nowMs + wholeInMs);
    },
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
    report: () => ({ mode: 'memory', fallbacks: 0 }),
    size: () => young.size + old.size,
  };
};
