import type { Instance } from './registry.ts';

/**
 * Chooses among instances that may be called. `load` tells how many requests an instance has in flight. Nobody to choose
 * from: undefined. The candidates may differ from call to call.
 */
export type Balancer = Readonly<{
  pick(candidates: readonly Instance[], load: (id: string) => number): Instance | undefined;
}>;

export type BalancingStrategy = 'least-connections' | 'round-robin' | 'random';

/**
 * - `least-connections`: of two different ones drawn at random, the one with fewer requests in flight for its weight. (The
 *   least loaded of all would send every gateway to the same instance at once.)
 * - `round-robin`: one after the other, whatever their weight.
 * - `random`: each as likely as any other.
 *
 * `random` is in [0, 1).
 */
export const createBalancer = (strategy: BalancingStrategy, random: () => number = Math.random): Balancer => {
  switch (strategy) {
    case 'least-connections':
      return { pick: leastConnections(random) };
    case 'round-robin':
      return { pick: roundRobin() };
    case 'random':
      return { pick: (candidates) => candidates[Math.floor(random() * candidates.length)] };
  }
};

const leastConnections =
  (random: () => number): Balancer['pick'] =>
  (candidates, load) => {
    if (candidates.length < 2) return candidates[0];
    const first = Math.floor(random() * candidates.length);
    const step = 1 + Math.floor(random() * (candidates.length - 1));
    const one = candidates[first] as Instance;
    const other = candidates[(first + step) % candidates.length] as Instance;
    return costOf(other, load) < costOf(one, load) ? other : one;
  };

/** One more counts, or idle instances of different weight would be equal. */
const costOf = ({ id, weight = 1 }: Instance, load: (id: string) => number): number =>
  (load(id) + 1) / weight;

const roundRobin = (): Balancer['pick'] => {
  let next = 0;
  return (candidates) => {
    if (candidates.length === 0) return undefined;
    const picked = candidates[next % candidates.length];
    next = (next + 1) % Number.MAX_SAFE_INTEGER;
    return picked;
  };
};
