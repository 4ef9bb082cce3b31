import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { createLoop } from './loop.ts';

const createCounting = (outcomes: readonly ('again' | 'error' | undefined)[] = []) => {
  const clock = createManualClock();
  const errors: number[] = [];
  let runs = 0;
  const loop = createLoop({
    clock,
    intervalMs: () => 500,
    onError: (_error, errorsInRow) => errors.push(errorsInRow),
    task: async () => {
      const outcome = outcomes[runs++];
      if (outcome === 'error') throw new RangeError('away');
      return outcome;
    },
  });
  return { clock, loop, errors, runs: () => runs };
};

describe('a loop', () => {
  it('runs at its start and then by the clock', async () => {
    const { clock, loop, runs } = createCounting();
    loop.start();
    await clock.advance(0);
    expect(runs()).toBe(1);
    await clock.advance(1_000);
    expect(runs()).toBe(3);
  });

  it('runs when it is woken, and again when it is woken while running', async () => {
    const { clock, loop, runs } = createCounting();
    loop.start();
    await clock.advance(0);
    loop.wake();
    loop.wake();
    loop.wake();
    await clock.advance(0);
    await clock.advance(0);
    expect(runs()).toBe(3);
  });

  it('goes on while there is more to do', async () => {
    const { clock, loop, runs } = createCounting(['again', 'again', undefined]);
    loop.start();
    for (let turn = 0; turn < 5; turn++) await clock.advance(0);
    expect(runs()).toBe(3);
  });

  it('waits longer after each error, at most a second, however often it is woken', async () => {
    const { clock, loop, errors, runs } = createCounting(Array.from({ length: 7 }, () => 'error' as const));
    loop.start();
    await clock.advance(0);
    for (const delayMs of [100, 200, 400, 800, 1_000, 1_000]) {
      const before = runs();
      await clock.advance(delayMs - 1);
      loop.wake();
      expect(runs()).toBe(before);
      await clock.advance(1);
      expect(runs()).toBe(before + 1);
    }
    expect(errors).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('leaves nothing behind when it is stopped, and can start again', async () => {
    const { clock, loop, runs } = createCounting();
    loop.start();
    await clock.advance(0);
    await loop.stop();
    loop.wake();
    expect(clock.pending()).toBe(0);
    await clock.advance(10_000);
    expect(runs()).toBe(1);
    loop.start();
    await clock.advance(0);
    expect(runs()).toBe(2);
  });
});
