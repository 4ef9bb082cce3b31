import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { backoffMs, createLoopPace } from './loop-pace.ts';

const { signal } = new AbortController();

describe('the pace of a loop', () => {
  it('is two at once and then one a second', async () => {
    const clock = createManualClock();
    const pace = createLoopPace(clock);
    const ranAt: number[] = [];
    const loop = async (): Promise<void> => {
      for (let run = 0; run < 6; run++) {
        await pace.next(signal);
        ranAt.push(clock.monotonic());
      }
    };
    void loop();
    await clock.advance(10_000);

    expect(ranAt).toEqual([0, 0, 1000, 2000, 3000, 4000]);
  });

  it('lets nobody save up for more than two', async () => {
    const clock = createManualClock();
    const pace = createLoopPace(clock);
    await clock.advance(60_000);
    let runs = 0;
    const loop = async (): Promise<void> => {
      for (;;) {
        await pace.next(signal);
        runs += 1;
      }
    };
    void loop();
    await clock.advance(999);

    expect(runs).toBe(2);
  });
});

describe('the back-off', () => {
  it('has full jitter, doubles, and ends at 5 s', () => {
    const longest = () => 1;
    expect([1, 2, 3, 4, 5, 100].map((failures) => backoffMs(failures, longest))).toEqual([
      500, 1000, 2000, 4000, 5000, 5000,
    ]);
    expect(backoffMs(3, () => 0)).toBe(0);
  });
});
