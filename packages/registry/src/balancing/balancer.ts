import { atRandom } from './at-random.ts';
import { byTurns } from './by-turns.ts';
import { byWeight } from './by-weight.ts';
import { consistentHash } from './consistent-hash.ts';
import { leastConnections } from './least-connections.ts';
import type { SlowStart } from './slow-start.ts';
import type { Strategy, StrategyOptions } from './strategy.ts';
import type { BalancerTarget } from './target.ts';

export type BalancingStrategy =
  | 'least-connections'
  | 'round-robin'
  | 'random'
  | 'weighted'
  | 'consistent-hash';

/** Chooses among instances that may be called. Nobody to choose from: undefined. */
export type Balancer<T extends BalancerTarget> = Readonly<{
  /** Who can be chosen from now on. Called when something has changed, not for each request. */
  use(targets: readonly T[]): void;
  /** With a key, always the same one (`consistent-hash`), whatever the strategy. */
  pick(key?: string): T | undefined;
  /** Anyone but those that were tried before (their ids): costs as much as there are instances. */
  pickOther(tried: readonly string[], key?: string): T | undefined;
}>;

export type BalancerOptions = Readonly<{
  strategy: BalancingStrategy;
  slowStart: SlowStart;
  /** In [0, 1). */
  random?: () => number;
  /** Requests in flight at all targets together: the bound of `consistent-hash` goes by it. */
  load: () => number;
}>;

/**
 * - `least-connections`: of two different ones drawn at random, the one with fewer requests in flight for its weight.
 * - `round-robin`: one after the other, whatever their weight.
 * - `random`: each as likely as any other.
 * - `weighted`: each as often as its weight says, evenly spread.
 * - `consistent-hash`: who the key belongs to; without a key as `least-connections`.
 *
 * All of them pass over who is silent (`target.ts`) and let new ones begin slowly (`slow-start.ts`), but for
 * `consistent-hash`, which keeps a key where it is and knows a bound instead. A pick costs the same however many there are
 * (`weighted` and keys: its logarithm).
 */
export const createBalancer = <T extends BalancerTarget>({
  strategy,
  slowStart,
  random = Math.random,
  load,
}: BalancerOptions): Balancer<T> => {
  const chosen = strategyOf<T>(strategy, { slowStart, random });
  const others = leastConnections<T>({ slowStart, random });
  const byKey = consistentHash<T>({ slowStart, load });
  let targets: readonly T[] = [];

  return {
    use: (next) => {
      targets = next;
      chosen.use(next);
      byKey.use(next);
    },
    pick: (key) => (key === undefined ? chosen.pick() : byKey.pick(key, none)),
    pickOther: (tried, key) => {
      if (key !== undefined) return byKey.pick(key, tried);
      others.use(targets.filter(({ id }) => !tried.includes(id)));
      return others.pick();
    },
  };
};

const none: readonly string[] = [];

const strategyOf = <T extends BalancerTarget>(
  strategy: BalancingStrategy,
  options: StrategyOptions,
): Strategy<T> => {
  switch (strategy) {
    case 'least-connections':
    case 'consistent-hash':
      return leastConnections(options);
    case 'round-robin':
      return byTurns(options);
    case 'random':
      return atRandom(options);
    case 'weighted':
      return byWeight(options);
  }
};
