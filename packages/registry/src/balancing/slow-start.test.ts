import { createManualClock, seededRandom } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countPicks, targetOf, targetsOf } from '../fixture/balancer-targets.ts';
import { type BalancingStrategy, createBalancer } from './balancer.ts';
import { createSlowStart } from './slow-start.ts';

const windowMs = 10_000;

const setUp = () => {
  const clock = createManualClock();
  const random = seededRandom(11);
  return { clock, random, slowStart: createSlowStart({ windowMs, clock, random }) };
};

describe('slow start: a new instance', () => {
  it('has a share that grows from a tenth to the whole, and never shrinks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3000), { maxLength: 10 }), async (steps) => {
        const { clock, slowStart } = setUp();
        const target = targetOf('new', { newSinceMs: clock.monotonic() });
        let before = slowStart.shareOf(target);
        expect(before).toBe(0.1);
        for (const step of steps) {
          await clock.advance(step);
          const share = slowStart.shareOf(target);
          expect(share).toBeGreaterThanOrEqual(before);
          expect(share).toBe(Math.min(1, Math.max(0.1, clock.monotonic() / windowMs)));
          before = share;
        }
      }),
    );
  });

  it('is as any other when the window is over, and costs nothing any more', async () => {
    const { clock, slowStart } = setUp();
    const target = targetOf('new', { newSinceMs: 0 });
    await clock.advance(windowMs);

    expect([slowStart.shareOf(target), target.newSinceMs]).toEqual([1, undefined]);
  });

  it('has its whole share at once where the window is 0', () => {
    const { clock } = setUp();
    const slowStart = createSlowStart({ windowMs: 0, clock });

    expect(slowStart.shareOf(targetOf('new', { newSinceMs: 0 }))).toBe(1);
  });

  it.each<BalancingStrategy>(['least-connections', 'round-robin', 'random', 'weighted'])(
    'gets requests as its share grows (%s)',
    async (strategy) => {
      const { clock, random, slowStart } = setUp();
      const targets = targetsOf(4);
      (targets[3] as (typeof targets)[number]).newSinceMs = clock.monotonic();
      const balancer = createBalancer({ strategy, slowStart, random, load: () => 0 });
      balancer.use(targets);
      const shares: number[] = [];
      for (let step = 0; step < 3; step += 1) {
        const [, , , picks = 0] = countPicks(targets, 4000, () => balancer.pick());
        shares.push(picks / 1000);
        await clock.advance(windowMs / 2);
      }

      expect(shares[0]).toBeGreaterThan(0.05);
      expect(shares[0]).toBeLessThan(0.2);
      expect(shares[1]).toBeGreaterThan(0.4);
      expect(shares[1]).toBeLessThan(0.7);
      expect(shares[2]).toBeGreaterThan(0.9);
    },
  );

  it('takes all there is when it is alone, or everybody is new', () => {
    const { slowStart, random } = setUp();
    const targets = targetsOf(2);
    for (const target of targets) target.newSinceMs = 0;
    for (const strategy of ['least-connections', 'round-robin', 'random', 'weighted'] as const) {
      const balancer = createBalancer({ strategy, slowStart, random, load: () => 0 });
      balancer.use(targets.slice(1));
      expect(balancer.pick()).toBe(targets[1]);
      balancer.use(targets);
      expect(Math.min(...countPicks(targets, 200, () => balancer.pick()))).toBeGreaterThan(60);
    }
  });
});
