import { createManualClock, type ManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Instance } from '../registry.ts';
import { createKnownInstances, type KnownInstances, settleMs } from './known-instances.ts';

const instance = (id: string, port = id.charCodeAt(0)): Instance => ({
  id,
  service: 'posts',
  address: '127.0.0.1',
  port,
  version: '1.0.0',
  tags: [],
});
const [a, b, c] = [instance('a'), instance('b'), instance('c')];

let clock: ManualClock;
let known: KnownInstances;
const ids = (): string => known.list().reduce((all, { id }) => all + id, '');

beforeEach(() => {
  clock = createManualClock();
  known = createKnownInstances(clock, [a, b]);
});

describe('in quiet times', () => {
  it('what the registry says counts at once', () => {
    expect(known.take([b, c])).toBe(true);
    expect(ids()).toBe('bc');
    expect(known.take([])).toBe(true);
    expect(ids()).toBe('');
  });

  it('the same answer is the same list', () => {
    const before = known.list();
    expect(known.take([{ ...b }, { ...a }])).toBe(false);
    expect(known.list()).toBe(before);
  });
});

describe('after a failure of the registry', () => {
  beforeEach(() => known.doubt());

  it('nobody is taken out for 15 s, and then who is still missing', async () => {
    known.take([]);
    expect(ids()).toBe('ab');
    await clock.advance(settleMs - 1);
    known.take([b]);
    expect(ids()).toBe('ab');
    expect(known.keptForMs()).toBe(1);
    await clock.advance(1);
    known.take([b]);

    expect(ids()).toBe('b');
    expect(known.keptForMs()).toBeUndefined();
  });

  it('the 15 s begin with the first answer, however long it was away', async () => {
    await clock.advance(3_600_000);
    known.take([]);

    expect(ids()).toBe('ab');
  });

  it('new ones and moved ones count at once', () => {
    known.take([instance('a', 9000), c]);

    expect(known.list()).toEqual([instance('a', 9000), b, c]);
  });

  it('somebody whose place another one has is out', () => {
    known.take([instance('z', a.port)]);

    expect(ids()).toBe('bz');
  });

  it('a registry that fails again and again keeps nobody for longer than 15 s', async () => {
    for (let second = 0; second < 15; second++) {
      known.doubt();
      known.take([b]);
      expect(ids()).toBe('ab');
      await clock.advance(1000);
    }
    known.doubt();
    known.take([b]);

    expect(ids()).toBe('b');
  });

  it('whoever was back in between has another 15 s', async () => {
    known.take([b]);
    await clock.advance(10_000);
    known.take([a, b]);
    known.doubt();
    await clock.advance(10_000);
    known.take([b]);

    expect(ids()).toBe('ab');
  });
});

describe('whatever happens', () => {
  const step = fc.oneof(
    fc.constant('doubt' as const),
    fc.subarray([a, b, c]),
    fc.integer({ min: 0, max: 20_000 }),
  );

  it('all who pass are in, and nobody stays 15 s after he was last seen', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        clock = createManualClock();
        known = createKnownInstances(clock);
        const missingSince = new Map<string, number>();
        for (const next of steps) {
          if (next === 'doubt') known.doubt();
          else if (typeof next === 'number') await clock.advance(next);
          else {
            const before = new Set(known.list().map(({ id }) => id));
            known.take(next);
            const now = clock.monotonic();
            const passing = new Set(next.map(({ id }) => id));
            for (const id of passing) missingSince.delete(id);
            for (const { id } of known.list()) {
              if (passing.has(id)) continue;
              expect(before.has(id)).toBe(true);
              if (!missingSince.has(id)) missingSince.set(id, now);
              expect(now - (missingSince.get(id) ?? 0)).toBeLessThan(settleMs);
            }
            for (const id of passing) expect(known.list().some((one) => one.id === id)).toBe(true);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
