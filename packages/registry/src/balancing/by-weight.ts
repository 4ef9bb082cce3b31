import { looks, type Strategy, type StrategyOptions } from './strategy.ts';
import { type BalancerTarget, isSilent } from './target.ts';

type Turn<T> = { readonly target: T; dueAt: number };

/**
 * Each as often as its weight says, and evenly spread (a, b, a rather than a, a, b): who is due earliest has its turn, and
 * is due again after 1 / weight. A heap, so that a pick costs log n. A new instance's turns are further apart while its
 * share grows. Turns begin at a random point, or all gateways would begin with the same instance.
 */
export const byWeight = <T extends BalancerTarget>({ slowStart, random }: StrategyOptions): Strategy<T> => {
  let heap: Turn<T>[] = [];
  let now = 0;

  const swap = (one: number, other: number): void => {
    const turn = heap[one] as Turn<T>;
    heap[one] = heap[other] as Turn<T>;
    heap[other] = turn;
  };
  const dueAt = (place: number): number => heap[place]?.dueAt ?? Number.POSITIVE_INFINITY;

  const sink = (from: number): void => {
    for (let place = from; ; ) {
      const left = 2 * place + 1;
      const child = dueAt(left + 1) < dueAt(left) ? left + 1 : left;
      if (dueAt(child) >= dueAt(place)) return;
      swap(place, child);
      place = child;
    }
  };

  /** Who is due; it gets its next turn. */
  const take = (): T => {
    const turn = heap[0] as Turn<T>;
    now = turn.dueAt;
    turn.dueAt += 1 / (turn.target.weight * slowStart.shareOf(turn.target));
    sink(0);
    return turn.target;
  };

  return {
    use: (targets) => {
      const known = new Map(heap.map((turn) => [turn.target, turn]));
      heap = targets.map(
        (target) => known.get(target) ?? { target, dueAt: now + (1 - random()) / target.weight },
      );
      for (let place = Math.floor(heap.length / 2); place >= 0; place -= 1) sink(place);
    },
    pick: () => {
      if (heap.length < 2) return heap[0]?.target;
      const first = take();
      let target = first;
      for (let look = 1; look < looks && isSilent(target); look += 1) target = take();
      return isSilent(target) ? first : target;
    },
  };
};
