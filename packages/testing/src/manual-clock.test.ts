import { describe, expect, it } from 'vitest';
import { createManualClock } from './manual-clock.ts';

describe('a clock that a test moves', () => {
  it('stands still until then', async () => {
    const clock = createManualClock(1_000);
    await new Promise((resolve) => setImmediate(resolve));

    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
  });

  it('runs what falls due, in order of time, each at its own time', async () => {
    const clock = createManualClock(0);
    const ran: [string, number][] = [];
    for (const [name, delayMs] of [
      ['late', 30],
      ['early', 10],
      ['also early', 10],
      ['not yet', 31],
    ] as const) {
      clock.schedule(delayMs, () => ran.push([name, clock.monotonic()]));
    }

    await clock.advance(30);

    expect(ran).toEqual([
      ['early', 10],
      ['also early', 10],
      ['late', 30],
    ]);
    expect(clock.now()).toBe(30);
    expect(clock.pending()).toBe(1);
  });

  it('runs timers that were started on the way, also behind promises', async () => {
    const clock = createManualClock(0);
    const ticks: number[] = [];
    const tick = async (): Promise<void> => {
      await Promise.resolve().then(() => Promise.resolve());
      ticks.push(clock.monotonic());
      clock.schedule(10, () => void tick());
    };
    void tick();

    await clock.advance(35);

    expect(ticks).toEqual([0, 10, 20, 30]);
  });

  it('forgets what was cancelled', async () => {
    const clock = createManualClock();
    let ran = false;
    const cancel = clock.schedule(10, () => {
      ran = true;
    });
    cancel();

    await clock.advance(20);

    expect([ran, clock.pending()]).toEqual([false, 0]);
  });

  it('can be set like a wall clock without its timers noticing', async () => {
    const clock = createManualClock(1_000_000);
    let ran = false;
    clock.schedule(10, () => {
      ran = true;
    });
    await clock.advance(5);

    clock.setWallClock(0);

    expect([clock.now(), clock.monotonic(), ran]).toEqual([0, 5, false]);
    await clock.advance(5);
    expect([clock.now(), ran]).toEqual([5, true]);
  });
});
