import { createManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countPicks, targetOf, targetsOf } from '../fixture/balancer-targets.ts';
import { consistentHash } from './consistent-hash.ts';
import { createSlowStart } from './slow-start.ts';
import type { BalancerTarget } from './target.ts';

const windowMs = 10_000;
const keys = Array.from({ length: 500 }, (_, index) => `user-${index}`);

const setUp = (targets: readonly BalancerTarget[]) => {
  const clock = createManualClock();
  const hash = consistentHash<BalancerTarget>({
    slowStart: createSlowStart({ windowMs, clock }),
    load: () => targets.reduce((sum, { inFlight }) => sum + inFlight, 0),
  });
  hash.use(targets);
  const owners = () => new Map(keys.map((key) => [key, hash.pick(key, [])?.id]));
  return { clock, hash, owners };
};

const ids = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}-\d{1,4}$/), { minLength: 2, maxLength: 12 });

describe('consistent hash: which instance a key goes to', () => {
  it('is the same however the list is ordered, in every gateway', () => {
    fc.assert(
      fc.property(ids, (all) => {
        const targets = all.map((id) => targetOf(id));

        expect(setUp([...targets].reverse()).owners()).toEqual(setUp(targets).owners());
      }),
    );
  });

  it('changes only for the keys of an instance that goes', () => {
    fc.assert(
      fc.property(ids, (all) => {
        const targets = all.map((id) => targetOf(id));
        const before = setUp(targets).owners();
        const after = setUp(targets.slice(1)).owners();

        for (const [key, owner] of before) if (owner !== all[0]) expect(after.get(key)).toBe(owner);
      }),
    );
  });

  it('changes only to an instance that comes', () => {
    fc.assert(
      fc.property(ids, (all) => {
        const targets = all.map((id) => targetOf(id));
        const before = setUp(targets.slice(1)).owners();
        const after = setUp(targets).owners();

        for (const [key, owner] of after) if (owner !== all[0]) expect(before.get(key)).toBe(owner);
      }),
    );
  });

  it('spreads keys evenly, and by weight', () => {
    const targets = targetsOf(4, [1, 1, 1, 3]);
    const { hash } = setUp(targets);
    const shares = countPicks(targets, 12_000, (time) => hash.pick(`key ${time}`, [])).map(
      (picks) => picks / 2000,
    );

    for (const share of shares.slice(0, 3)) expect(Math.abs(share - 1)).toBeLessThan(0.35);
    expect(Math.abs((shares[3] as number) - 3)).toBeLessThan(0.6);
  });

  it('is for a retry another one, and always the same other', () => {
    const targets = targetsOf(5);
    const { hash } = setUp(targets);
    for (const key of keys.slice(0, 50)) {
      const first = hash.pick(key, [])?.id as string;
      const second = hash.pick(key, [first])?.id;
      expect(second).not.toBe(first);
      expect(hash.pick(key, [first])?.id).toBe(second);
      expect(setUp(targets.filter(({ id }) => id !== first)).hash.pick(key, [])?.id).toBe(second);
    }
  });
});

describe('consistent hash: the bound', () => {
  it('holds whatever the keys: nobody gets much more than the average', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 9 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 400 }),
        (count, asked) => {
          const targets = targetsOf(count);
          const { hash } = setUp(targets);
          for (const key of asked) (hash.pick(`key ${key}`, []) as (typeof targets)[number]).inFlight += 1;

          const most = Math.max(8, Math.ceil((1.25 * asked.length) / count));
          expect(Math.max(...targets.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(most);
        },
      ),
    );
  });

  it('leaves a key where it is while there are few requests', () => {
    const targets = targetsOf(3);
    const { hash } = setUp(targets);
    const owner = hash.pick('one', []) as (typeof targets)[number];
    owner.inFlight = 7;

    expect(hash.pick('one', [])).toBe(owner);
  });
});

describe('consistent hash: a new instance', () => {
  it('takes over its keys one by one, each of them once', async () => {
    const targets = targetsOf(4);
    const settled = setUp(targets).owners();
    const without = setUp(targets.slice(0, 3)).owners();
    const { clock, owners } = setUp(targets);
    (targets[3] as (typeof targets)[number]).newSinceMs = 0;
    const moved: number[] = [];
    let before = without;
    for (let step = 0; step <= 10; step += 1) {
      const now = owners();
      for (const [key, owner] of now) {
        if (owner !== before.get(key)) expect(owner).toBe(settled.get(key));
        expect([without.get(key), settled.get(key)]).toContain(owner);
      }
      moved.push([...now.values()].filter((owner) => owner === 'i3').length);
      before = now;
      await clock.advance(windowMs / 10);
    }

    expect(before).toEqual(settled);
    expect(moved.toSorted((a, b) => a - b)).toEqual(moved);
    expect(moved[0]).toBeLessThan((moved.at(-1) as number) / 4);
  });
});
