import type { Clock } from '@gatehouse/resilience';
import type { BalancerTarget } from './target.ts';

/**
 * A new instance (cold caches, code that is not compiled yet) gets a share of its load that grows evenly from a tenth to
 * the whole within `windowMs`; the others take the rest. `windowMs` 0: the whole at once. No timer: it is reckoned when
 * a new instance has been picked, and costs nothing for the others.
 */
export type SlowStart = Readonly<{
  /** From 0.1 to 1. */
  shareOf(target: BalancerTarget): number;
  /** Drawn anew each time: whether this request is for another. */
  holdsBack(target: BalancerTarget): boolean;
}>;

const leastShare = 0.1;

export type SlowStartOptions = Readonly<{
  windowMs: number;
  clock: Pick<Clock, 'monotonic'>;
  /** In [0, 1). */
  random?: () => number;
}>;

export const createSlowStart = ({ windowMs, clock, random = Math.random }: SlowStartOptions): SlowStart => {
  const shareOf = (target: BalancerTarget): number => {
    if (target.newSinceMs === undefined) return 1;
    const share = (clock.monotonic() - target.newSinceMs) / windowMs;
    if (share < 1) return Math.max(leastShare, share);
    target.newSinceMs = undefined;
    return 1;
  };

  return {
    shareOf,
    holdsBack: (target) => {
      const share = shareOf(target);
      return share < 1 && random() >= share;
    },
  };
};
