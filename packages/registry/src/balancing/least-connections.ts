import type { Strategy, StrategyOptions } from './strategy.ts';
import { type BalancerTarget, isSilent } from './target.ts';

/**
 * Of two different ones drawn at random, the one with fewer requests in flight for its weight. (The least loaded of all
 * would send every gateway to the same instance at once.)
 */
export const leastConnections = <T extends BalancerTarget>({
  slowStart,
  random,
}: StrategyOptions): Strategy<T> => {
  let targets: readonly T[] = [];

  const better = (one: T, other: T): T => {
    const oneIsSilent = isSilent(one);
    if (oneIsSilent !== isSilent(other)) return oneIsSilent ? other : one;
    const winner = oneIsSilent ? lessSilent(one, other) : costOf(other) < costOf(one) ? other : one;
    if (winner.newSinceMs === undefined || !slowStart.holdsBack(winner)) return winner;
    return winner === one ? other : one;
  };

  return {
    use: (next) => {
      targets = next;
    },
    pick: () => {
      const count = targets.length;
      if (count < 2) return targets[0];
      const first = Math.floor(random() * count);
      const second = otherThan(first, count, random);
      return better(targets[first] as T, targets[second] as T);
    },
  };
};

/** One more counts, or idle instances of different weight would be equal. */
const costOf = ({ inFlight, weight }: BalancerTarget): number => (inFlight + 1) / weight;

/** So many requests later is no more the same burst. */
const burst = 8;
/** Against who has answered since; bounded, for who is silent may as well be at work on what takes long. */
const silenceFactor = 4;

/** In a burst both may be silent: then who has answered lately is better, or one that is frozen would get half of it. */
const lessSilent = <T extends BalancerTarget>(one: T, other: T): T => {
  const laterBy = other.silentSince - one.silentSince;
  const oneCosts = costOf(one) * (laterBy > burst ? silenceFactor : 1);
  const otherCosts = costOf(other) * (laterBy < -burst ? silenceFactor : 1);
  return otherCosts < oneCosts ? other : one;
};

const otherThan = (first: number, count: number, random: () => number): number => {
  const second = first + 1 + Math.floor(random() * (count - 1));
  return second < count ? second : second - count;
};

/** The same choice among whatever a caller has, without any state: `costOf` tells what one more request would cost. */
export const cheaperOfTwo = <T>(
  candidates: readonly T[],
  costOfOneMore: (candidate: T) => number,
  random: () => number = Math.random,
): T | undefined => {
  const count = candidates.length;
  if (count < 2) return candidates[0];
  const first = Math.floor(random() * count);
  const one = candidates[first] as T;
  const other = candidates[otherThan(first, count, random)] as T;
  return costOfOneMore(other) < costOfOneMore(one) ? other : one;
};
