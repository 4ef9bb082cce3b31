import { isPassedOver, looks, type Strategy, type StrategyOptions } from './strategy.ts';
import type { BalancerTarget } from './target.ts';

/** Each as likely as any other, whatever their weight and load; who is passed over leaves it to the next in the list. */
export const atRandom = <T extends BalancerTarget>({ slowStart, random }: StrategyOptions): Strategy<T> => {
  let targets: readonly T[] = [];

  return {
    use: (next) => {
      targets = next;
    },
    pick: () => {
      const drawn = Math.floor(random() * targets.length);
      for (let look = 0; look < looks && look < targets.length; look += 1) {
        const target = targets[(drawn + look) % targets.length] as T;
        if (!isPassedOver(target, slowStart)) return target;
      }
      return targets[drawn];
    },
  };
};
