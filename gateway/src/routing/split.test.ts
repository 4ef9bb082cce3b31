import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SplitTarget } from '../config/route-settings.ts';
import { createSplit } from './split.ts';

const target = (weight: number, canary?: SplitTarget['canary']): SplitTarget => ({
  ...{ service: 'posts', version: undefined, weight, canary },
});
const noHeaders = {};

describe('matching: a weighted split', () => {
  it('meets every weight exactly, each time that the weights are through', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }).filter((weights) => weights.some((w) => w > 0)),
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        fc.integer({ min: 1, max: 4 }),
        (weights, randoms, rounds) => {
          const split = createSplit(
            weights.map((weight) => target(weight)),
            () => randoms.next().value as number,
          );
          const drawn = weights.map(() => 0);
          const sum = weights.reduce((total, weight) => total + weight, 0);
          for (let draw = 0; draw < sum * rounds; draw += 1) {
            const chosen = split.choose(noHeaders);
            drawn[chosen] = (drawn[chosen] ?? 0) + 1;
          }
          expect(drawn).toEqual(weights.map((weight) => weight * rounds));
        },
      ),
    );
  });

  it('comes in an order that nobody can guess', () => {
    const seeds = [0.9, 0.1, 0.6, 0.3, 0.8, 0.2];
    let next = 0;
    const split = createSplit([target(1), target(1)], () => seeds[next++ % seeds.length] ?? 0);
    expect(Array.from({ length: 6 }, () => split.choose(noHeaders))).not.toEqual([0, 1, 0, 1, 0, 1]);
  });
});

describe('matching: a canary by header', () => {
  const targets = [target(1), target(0, { header: 'x-canary', value: 'yes' })];

  it('goes there whatever the weights, and nobody else does', () => {
    const split = createSplit(targets, () => 0.5);
    expect(split.choose({ 'x-canary': 'yes' })).toBe(1);
    expect(split.choose({ 'x-canary': 'no' })).toBe(0);
    expect(split.choose(noHeaders)).toBe(0);
  });
});
