import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { createTimeLimits, type Timed } from './time-limits.ts';

const setUp = () => {
  const clock = createManualClock();
  const limits = createTimeLimits(clock);
  const over: string[] = [];
  const start = (name: string, timeoutMs: number): Timed => {
    const timed: Timed = {
      dueAtMs: clock.monotonic() + timeoutMs,
      place: -1,
      onTime: () => {
        over.push(`${name} at ${clock.monotonic()}`);
        limits.forget(timed);
      },
    };
    limits.watch(timed);
    return timed;
  };
  return { clock, limits, over, start };
};

describe('time limits that one timer keeps', () => {
  it('come each at its time, whichever was first', async () => {
    const { clock, over, start } = setUp();
    start('long', 2000);
    await clock.advance(100);
    start('short', 50);
    start('middle', 51);
    await clock.advance(5000);

    expect(over).toEqual(['short at 150', 'middle at 151', 'long at 2000']);
    expect(clock.pending()).toBe(0);
  });

  it('come together when they are over together', async () => {
    const { clock, over, start } = setUp();
    for (const name of ['a', 'b', 'c']) start(name, 10);
    await clock.advance(10);

    expect(over.toSorted()).toEqual(['a at 10', 'b at 10', 'c at 10']);
  });

  it('do not come for what has ended, and leave no timer behind', async () => {
    const { clock, limits, over, start } = setUp();
    const [first, second] = [start('first', 10), start('second', 20)];
    limits.forget(first);
    limits.forget(first);
    await clock.advance(15);
    expect(clock.pending()).toBe(1);

    limits.forget(second);

    expect(clock.pending()).toBe(0);
    await clock.advance(100);
    expect(over).toEqual([]);
  });

  it('are kept by one timer however many there are', () => {
    const { clock, start } = setUp();
    for (let count = 0; count < 1000; count += 1) start(String(count), 1000 + (count % 7));

    expect(clock.pending()).toBe(1);
  });

  it('may be put off when they come', async () => {
    const { clock, limits } = setUp();
    const times: number[] = [];
    const timed: Timed = {
      dueAtMs: 10,
      place: -1,
      onTime: () => {
        times.push(clock.monotonic());
        if (times.length === 1) timed.dueAtMs = 35;
        else limits.forget(timed);
      },
    };
    limits.watch(timed);
    await clock.advance(100);

    expect(times).toEqual([10, 35]);
  });

  it('may bring others to their end or start new ones', async () => {
    const { clock, limits, over, start } = setUp();
    const other = start('other', 10);
    const timed: Timed = {
      dueAtMs: 10,
      place: -1,
      onTime: () => {
        limits.forget(timed);
        limits.forget(other);
        start('new', 5);
      },
    };
    limits.watch(timed);
    await clock.advance(100);

    expect(over).toEqual(['new at 15']);
    expect(clock.pending()).toBe(0);
  });
});
