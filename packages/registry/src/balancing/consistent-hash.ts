import { createHashRing, type HashRing, hashOf, mix } from './hash-ring.ts';
import type { SlowStart } from './slow-start.ts';
import type { BalancerTarget } from './target.ts';

/** Requests of one key go to one instance, as long as it is there and not too full. */
export type ConsistentHash<T extends BalancerTarget> = Readonly<{
  use(targets: readonly T[]): void;
  /** Nobody among `tried`. */
  pick(key: string, tried: readonly string[]): T | undefined;
}>;

export type ConsistentHashOptions = Readonly<{
  slowStart: SlowStart;
  /** Requests in flight at all targets together. */
  load: () => number;
}>;

/** More than the average that one instance may have, so that a popular key does not bury it. */
const mostAboveAverage = 1.25;
/** With few requests an average says nothing. */
const neverTooMany = 8;

/**
 * A ring (`hash-ring.ts`) with bounded load: an instance with more than 1.25 × the average in flight (and more than 8)
 * leaves the key to the next on the ring. A new instance takes its keys over one by one while its share grows, so that
 * each moves once. The ring is built when the first key is asked for after a change.
 */
export const consistentHash = <T extends BalancerTarget>({
  slowStart,
  load,
}: ConsistentHashOptions): ConsistentHash<T> => {
  let targets: readonly T[] = [];
  let ring: HashRing | undefined;

  const isFull = ({ inFlight }: T): boolean =>
    inFlight >= neverTooMany && inFlight >= Math.ceil((mostAboveAverage * (load() + 1)) / targets.length);

  const isGrowing = (target: T, hash: number): boolean =>
    target.newSinceMs !== undefined && mix(hash ^ hashOf(target.id)) / 2 ** 32 >= slowStart.shareOf(target);

  return {
    use: (next) => {
      targets = next;
      ring = undefined;
    },
    pick: (key, tried) => {
      ring ??= createHashRing(targets);
      const hash = hashOf(key);
      let first: T | undefined;
      let place = ring.find(hash);
      for (let step = 0; step < ring.size; step += 1) {
        const target = targets[ring.ownerAt(place)] as T;
        place = place + 1 < ring.size ? place + 1 : 0;
        if (tried.includes(target.id)) continue;
        if (!isFull(target) && !isGrowing(target, hash)) return target;
        first ??= target;
      }
      return first;
    },
  };
};
