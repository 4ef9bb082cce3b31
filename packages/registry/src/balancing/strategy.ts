import type { SlowStart } from './slow-start.ts';
import { type BalancerTarget, isSilent } from './target.ts';

/** One way to choose among those that it was told of last. */
export type Strategy<T extends BalancerTarget> = Readonly<{
  /** Who can be chosen from now on. */
  use(targets: readonly T[]): void;
  pick(): T | undefined;
}>;

export type StrategyOptions = Readonly<{
  slowStart: SlowStart;
  /** In [0, 1). */
  random: () => number;
}>;

/**
 * How many a strategy looks at for one that is neither silent nor still growing. After that the first one it is: a pick
 * must not cost more the more there are.
 */
export const looks = 4;

export const isPassedOver = (target: BalancerTarget, slowStart: SlowStart): boolean =>
  isSilent(target) || (target.newSinceMs !== undefined && slowStart.holdsBack(target));
