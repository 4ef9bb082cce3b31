import { createManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeLimiter } from './limiter.contract.ts';
import { createMemoryLimiter } from './memory-limiter.ts';

const limit = { limit: 3, windowMs: 60_000 };

describe('a limiter', () => {
  it('gives the whole limit at once, then one after each part of the window', async () => {
    const clock = createManualClock();
    const limiter = createMemoryLimiter({ clock });

    expect([1, 2, 3, 4].map(() => limiter.take('a', limit))).toEqual([2, 1, 0, -20_000]);
    await clock.advance(20_000);
    expect([limiter.take('a', limit), limiter.take('a', limit)]).toEqual([0, -20_000]);
  });

  it('has nothing left until there is one again', async () => {
    const clock = createManualClock();
    const limiter = createMemoryLimiter({ clock });
    for (let index = 0; index < 3; index += 1) limiter.take('a', limit);

    expect(limiter.emptyForMs('a', limit)).toBe(20_000);
    await clock.advance(20_000);
    expect(limiter.emptyForMs('a', limit)).toBe(0);
  });

  it('gives everything back after a window of silence', async () => {
    const clock = createManualClock();
    const limiter = createMemoryLimiter({ clock });
    for (let index = 0; index < 5; index += 1) limiter.take('a', limit);

    await clock.advance(60_000);

    expect(limiter.take('a', limit)).toBe(2);
  });

  it('counts each key by itself', () => {
    const limiter = createMemoryLimiter({ clock: createManualClock() });
    limiter.take('a', limit);

    expect(limiter.take('b', limit)).toBe(2);
  });

  it('takes over what somebody else has counted', () => {
    const limiter = createMemoryLimiter({ clock: createManualClock() });
    limiter.learn('a', limit, 40_000);

    expect([limiter.wholeInMs('a'), limiter.wholeInMs('b')]).toEqual([40_000, 0]);
    expect([limiter.take('a', limit), limiter.take('a', limit)]).toEqual([0, -20_000]);
  });

  it.each([7, 11, 13, 600, 6000, 999_983])('loses none of a limit of %i to rounding', (size) => {
    const limiter = createMemoryLimiter({ clock: createManualClock() });
    const many = { limit: size, windowMs: 60_000 };
    let passed = 0;
    while (limiter.take('a', many) >= 0) passed += 1;

    expect(passed).toBe(size);
  });

  it('lists what is taken and gives it back when told to', async () => {
    const clock = createManualClock();
    const limiter = createMemoryLimiter({ clock });
    limiter.take('a', limit);
    await clock.advance(5000);
    limiter.take('b', limit);

    expect(limiter.list(10)).toEqual([
      { key: 'a', wholeInMs: 15_000 },
      { key: 'b', wholeInMs: 20_000 },
    ]);
    expect(limiter.list(1).map(({ key }) => key)).toEqual(['b']);
    expect([limiter.clear('a'), limiter.clear('a')]).toEqual([true, false]);
    expect(limiter.take('a', limit)).toBe(2);
  });
});

describe('a limiter with more keys than it may keep', () => {
  it('forgets those unused for longest, and never one in use', () => {
    const limiter = createMemoryLimiter({ clock: createManualClock(), maxKeys: 100 });
    const used = { limit: 1000, windowMs: 60_000 };
    for (let index = 0; index < 1000; index += 1) {
      limiter.take(`key-${index}`, used);
      expect(limiter.take('busy', used)).toBe(999 - index);
      expect(limiter.size()).toBeLessThanOrEqual(100);
    }

    expect(limiter.wholeInMs('key-0')).toBe(0);
    expect(limiter.wholeInMs('key-999')).toBe(60);
  });
});

describe('a key that is refused while many others come', () => {
  it('stays refused', () => {
    const limiter = createMemoryLimiter({ clock: createManualClock(), maxKeys: 100 });
    for (let index = 0; index < 3; index += 1) limiter.take('spent', limit);
    for (let index = 0; index < 1000; index += 1) {
      limiter.take(`key-${index}`, limit);
      expect(limiter.take('spent', limit)).toBe(-20_000);
    }
  });
});

describe('whatever comes when', () => {
  it('agrees with a count of everything that was ever let through', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 40_000 }), key: fc.constantFrom('a', 'b') })),
        async (size, steps) => {
          const clock = createManualClock();
          const limiter = createMemoryLimiter({ clock });
          const fair = { limit: size, windowMs: 60_000 };
          const costMs = fair.windowMs / size;
          const fullAt = new Map<string, number>();
          for (const { waitMs, key } of steps) {
            await clock.advance(waitMs);
            const now = clock.monotonic();
            const next = Math.max(fullAt.get(key) ?? 0, now) + costMs;
            const allowed = next - now <= fair.windowMs + 1e-6;
            if (allowed) fullAt.set(key, next);

            expect(limiter.take(key, fair) >= 0).toBe(allowed);
          }
        },
      ),
      { numRuns: 60 },
    ));
});

describeLimiter('in-memory', async () => {
  const clock = createManualClock();
  const limiter = createMemoryLimiter({ clock });
  return { limiter, other: limiter, elapse: clock.advance };
});
