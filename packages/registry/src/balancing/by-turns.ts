import { isPassedOver, looks, type Strategy, type StrategyOptions } from './strategy.ts';
import type { BalancerTarget } from './target.ts';

/** One after the other, whatever their weight. */
export const byTurns = <T extends BalancerTarget>({ slowStart }: StrategyOptions): Strategy<T> => {
  let targets: readonly T[] = [];
  let next = 0;

  const after = (turn: number): number => (turn + 1 < targets.length ? turn + 1 : 0);

  return {
    use: (list) => {
      targets = list;
      if (next >= list.length) next = 0;
    },
    pick: () => {
      let turn = next;
      for (let look = 0; look < looks && look < targets.length; look += 1) {
        const target = targets[turn] as T;
        turn = after(turn);
        if (isPassedOver(target, slowStart)) continue;
        next = turn;
        return target;
      }
      const first = targets[next];
      next = after(next);
      return first;
    },
  };
};
