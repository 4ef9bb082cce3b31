import type { SplitTarget } from '../config/route-settings.ts';
import type { RequestFacts } from './request-facts.ts';

/** Chooses one of a route's places for each request, once: all its tries go there. Answers an index into the targets. */
export type Split = Readonly<{ choose(headers: RequestFacts['headers']): number }>;

/**
 * A canary header decides before the weights. Without one, targets are drawn like cards: every weight is met exactly each
 * time that the pack is through (as many draws as the weights add up to, common factors taken out), in random order. `random`
 * is in [0, 1).
 */
export const createSplit = (targets: readonly SplitTarget[], random: () => number): Split => {
  const pack = packOf(targets);
  const canaries = targets.some(({ canary }) => canary !== undefined);
  let left = pack.length;

  const draw = (): number => {
    if (left === 0) left = pack.length;
    const at = Math.floor(random() * left);
    left -= 1;
    const drawn = pack[at] as number;
    pack[at] = pack[left] as number;
    pack[left] = drawn;
    return drawn;
  };

  return {
    choose: (headers) => {
      const canary = canaries ? canaryOf(targets, headers) : undefined;
      return canary === undefined ? draw() : targets.indexOf(canary);
    },
  };
};

/** The target whose canary header the request carries: the first, if there are several. */
export const canaryOf = (
  targets: readonly SplitTarget[],
  headers: RequestFacts['headers'],
): SplitTarget | undefined =>
  targets.find(({ canary }) => canary !== undefined && headers[canary.header] === canary.value);

const packOf = (targets: readonly SplitTarget[]): Uint8Array => {
  const factor = targets.map(({ weight }) => weight).reduce(commonFactor, 0) || 1;
  return Uint8Array.from(
    targets.flatMap(({ weight }, index) => new Array<number>(weight / factor).fill(index)),
  );
};

const commonFactor = (one: number, other: number): number =>
  other === 0 ? one : commonFactor(other, one % other);
