import { seededRandom } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BalancingStrategy, createBalancer } from './balancer.ts';
import type { Instance } from './registry.ts';

const instances = (count: number, weights: readonly number[] = []): readonly Instance[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `i${index}`,
    service: 'posts',
    address: '127.0.0.1',
    port: 4000 + index,
    version: '1.0.0',
    tags: [],
    ...(weights[index] === undefined ? {} : { weight: weights[index] }),
  }));

const idle = (): number => 0;
const strategies: readonly BalancingStrategy[] = ['least-connections', 'round-robin', 'random'];

describe.each(strategies)('balancing by %s', (strategy) => {
  it('picks nobody from nobody', () => {
    expect(createBalancer(strategy).pick([], idle)).toBeUndefined();
  });

  it('picks one of the candidates, however they change', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 8 })), fc.integer(), (counts, seed) => {
        const balancer = createBalancer(strategy, seededRandom(seed));
        for (const count of counts) {
          const candidates = instances(count);
          expect(candidates).toContain(balancer.pick(candidates, idle));
        }
      }),
    );
  });

  it('leaves nobody out', () => {
    const balancer = createBalancer(strategy, seededRandom(7));
    const candidates = instances(5);
    const picked = new Set(Array.from({ length: 500 }, () => balancer.pick(candidates, idle)?.id));

    expect(picked.size).toBe(5);
  });
});

/** Picks `times`, each pick being one more request in flight for good. */
const pile = (strategy: BalancingStrategy, candidates: readonly Instance[], times: number, seed: number) => {
  const balancer = createBalancer(strategy, seededRandom(seed));
  const loads = new Map<string, number>(candidates.map(({ id }) => [id, 0]));
  for (let pick = 0; pick < times; pick += 1) {
    const { id = '' } = balancer.pick(candidates, (of) => loads.get(of) ?? 0) ?? {};
    loads.set(id, (loads.get(id) ?? 0) + 1);
  }
  return [...loads.values()];
};

describe('balancing by least connections', () => {
  it('never picks the busiest while there is another', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 2, maxLength: 8 }), fc.integer(), (loads, seed) => {
        const busiest = Math.max(...loads);
        fc.pre(loads.filter((load) => load === busiest).length === 1);
        const candidates = instances(loads.length);
        const balancer = createBalancer('least-connections', seededRandom(seed));
        const picked = balancer.pick(candidates, (id) => loads[Number(id.slice(1))] ?? 0);

        expect(loads[candidates.indexOf(picked as Instance)]).toBeLessThan(busiest);
      }),
    );
  });

  it('keeps the load even', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.integer(), (count, seed) => {
        const loads = pile('least-connections', instances(count), 400, seed);

        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(12);
      }),
    );
  });

  it('gives an instance of three times the weight three times the load', () => {
    expect(pile('least-connections', instances(2, [1, 3]), 400, 7)).toEqual([100, 300]);
  });
});

describe('balancing by turns', () => {
  it('gives everybody the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (count, rounds) => {
        expect(pile('round-robin', instances(count), count * rounds, 0)).toEqual(
          new Array(count).fill(rounds),
        );
      }),
    );
  });
});
