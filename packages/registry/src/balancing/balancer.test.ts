import { createManualClock, seededRandom } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countPicks, targetOf, targetsOf } from '../fixture/balancer-targets.ts';
import { type BalancingStrategy, createBalancer } from './balancer.ts';
import { createSlowStart } from './slow-start.ts';
import type { BalancerTarget } from './target.ts';

const strategies: readonly BalancingStrategy[] = [
  'least-connections',
  'round-robin',
  'random',
  'weighted',
  'consistent-hash',
];

const balancerOf = (strategy: BalancingStrategy, targets: readonly BalancerTarget[], seed = 7) => {
  const random = seededRandom(seed);
  const slowStart = createSlowStart({ windowMs: 10_000, clock: createManualClock(), random });
  const load = () => targets.reduce((sum, { inFlight }) => sum + inFlight, 0);
  const balancer = createBalancer({ strategy, slowStart, random, load });
  balancer.use(targets);
  return balancer;
};

describe.each(strategies)('balancing: %s', (strategy) => {
  it('picks nobody from nobody', () => {
    const balancer = balancerOf(strategy, []);

    expect([balancer.pick(), balancer.pick('key'), balancer.pickOther(['i0'])]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('picks one of those that it was told of last, whatever they are and however often they change', () => {
    const list = fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 0, max: 20 }).map((id) => `i${id}`),
        weight: fc.constantFrom(0.1, 1, 3, 40),
        inFlight: fc.nat(30),
        unanswered: fc.nat(8),
        silentSince: fc.nat(40),
        newSinceMs: fc.constantFrom(undefined, 0),
      }),
      { selector: ({ id }) => id, minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(fc.array(list, { minLength: 1 }), fc.integer(), (lists, seed) => {
        const balancer = balancerOf(strategy, [], seed);
        for (const targets of lists) {
          balancer.use(targets);
          const [tried] = targets as [BalancerTarget];
          expect(targets).toContain(balancer.pick());
          expect(targets).toContain(balancer.pick('a key'));
          for (const key of [undefined, 'a key']) {
            const other = balancer.pickOther([tried.id], key);
            if (targets.length === 1) expect(other).toBeUndefined();
            else expect(targets.slice(1)).toContain(other);
          }
        }
      }),
    );
  });

  it('leaves nobody out', () => {
    const targets = targetsOf(5);
    const balancer = balancerOf(strategy, targets);

    expect(Math.min(...countPicks(targets, 500, () => balancer.pick()))).toBeGreaterThan(0);
  });

  it('gives a silent instance nothing while another answers', () => {
    const targets = [targetOf('frozen', { unanswered: 5 }), targetOf('well', { unanswered: 4 })];
    const balancer = balancerOf(strategy, targets);

    expect(countPicks(targets, 50, () => balancer.pick())).toEqual([0, 50]);
  });

  it('does not mind silence when everybody is silent', () => {
    const targets = targetsOf(3);
    for (const target of targets) target.unanswered = 9;
    const balancer = balancerOf(strategy, targets);

    expect(Math.min(...countPicks(targets, 300, () => balancer.pick()))).toBeGreaterThan(0);
  });

  it('hands a frozen instance at most five requests more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.integer(), (count, seed) => {
        const targets = targetsOf(count);
        const [frozen] = targets;
        const balancer = balancerOf(strategy, targets, seed);
        for (let request = 0; request < 500; request += 1) {
          const target = balancer.pick() as (typeof targets)[number];
          if (target !== frozen) continue;
          target.unanswered += 1;
          target.inFlight += 1;
        }
        expect(frozen?.unanswered).toBeLessThanOrEqual(5);
      }),
    );
  });
});

/** Picks `times`, each pick being one more request in flight for good. */
const pile = (strategy: BalancingStrategy, count: number, weights: readonly number[], times: number) => {
  const targets = targetsOf(count, weights);
  const balancer = balancerOf(strategy, targets);
  for (let time = 0; time < times; time += 1) {
    const target = balancer.pick() as (typeof targets)[number];
    target.inFlight += 1;
  }
  return targets.map(({ inFlight }) => inFlight);
};

describe('balancing by least connections', () => {
  it('never picks the busiest while there is another', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 2, maxLength: 8 }), fc.integer(), (loads, seed) => {
        const busiest = Math.max(...loads);
        fc.pre(loads.filter((load) => load === busiest).length === 1);
        const targets = loads.map((inFlight, index) => targetOf(`i${index}`, { inFlight }));

        expect(balancerOf('least-connections', targets, seed).pick()?.inFlight).toBeLessThan(busiest);
      }),
    );
  });

  it('keeps the load even', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), (count) => {
        const loads = pile('least-connections', count, [], 400);

        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(12);
      }),
    );
  });

  it('takes who answered last when both are silent for the moment', () => {
    const targets = [
      targetOf('frozen', { inFlight: 10, unanswered: 10, silentSince: 1 }),
      targetOf('well', { inFlight: 25, unanswered: 6, silentSince: 40 }),
    ];
    const balancer = balancerOf('least-connections', targets);

    expect(countPicks(targets, 50, () => balancer.pick())).toEqual([0, 50]);
  });

  it('keeps a burst even, in which everybody is silent', () => {
    const targets = targetsOf(2);
    const balancer = balancerOf('least-connections', targets);
    for (let request = 0; request < 60; request += 1) {
      const target = balancer.pick() as (typeof targets)[number];
      if (target.unanswered === 0) target.silentSince = request;
      target.inFlight += 1;
      target.unanswered += 1;
    }

    expect(targets.map(({ inFlight }) => inFlight)).toEqual([30, 30]);
  });

  it('gives an instance of three times the weight three times the load', () => {
    expect(pile('least-connections', 2, [1, 3], 400)).toEqual([100, 300]);
  });
});

describe('balancing by turns', () => {
  it('gives everybody the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (count, rounds) => {
        expect(pile('round-robin', count, [], count * rounds)).toEqual(new Array(count).fill(rounds));
      }),
    );
  });

  it('gives who stays the same also when others come and go', () => {
    const targets = targetsOf(4);
    const balancer = balancerOf('round-robin', targets);
    const counts = countPicks(targets, 400, (time) => {
      balancer.use(time % 2 === 0 ? targets : targets.slice(0, 3));
      return balancer.pick();
    });

    expect(Math.min(...counts.slice(0, 3))).toBeGreaterThan(80);
  });
});

describe('balancing by weight', () => {
  it('gives everybody the share of its weight, at any moment, whatever the weights', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 9 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer(),
        (weights, times, seed) => {
          const targets = targetsOf(weights.length, weights);
          const balancer = balancerOf('weighted', targets, seed);
          const sum = weights.reduce((all, weight) => all + weight, 0);
          const counts = countPicks(targets, times, () => balancer.pick());

          counts.forEach((count, index) => {
            const weight = weights[index] as number;
            // Where a turn begins is random, which puts everybody's turns off by up to one.
            const off = 1 + (weights.length * weight) / sum;
            expect(Math.abs(count - (times * weight) / sum)).toBeLessThanOrEqual(off + 1e-6);
          });
        },
      ),
    );
  });

  it('spreads the turns of the heavy one', () => {
    const targets = targetsOf(2, [5, 1]);
    const balancer = balancerOf('weighted', targets);
    const turns = Array.from({ length: 60 }, () => balancer.pick()?.id);

    expect(turns.join(' ')).not.toMatch(/i1 i1|(?:i0 ){6}/);
  });

  it('lets nobody catch up who was away', () => {
    const targets = targetsOf(3);
    const balancer = balancerOf('weighted', targets);
    balancer.use(targets.slice(0, 2));
    for (let time = 0; time < 1000; time += 1) balancer.pick();
    balancer.use(targets);

    expect(countPicks(targets, 30, () => balancer.pick())[2]).toBeLessThanOrEqual(11);
  });
});
