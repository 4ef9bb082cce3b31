import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { wait } from './wait.ts';

describe('waiting', () => {
  it('ends when the time has passed', async () => {
    const clock = createManualClock();
    let ended = false;
    const waiting = wait(clock, 100).then(() => {
      ended = true;
    });
    await clock.advance(99);
    expect(ended).toBe(false);
    await clock.advance(1);
    await waiting;

    expect(ended).toBe(true);
  });

  it('ends with the reason of its signal, and leaves no timer', async () => {
    const clock = createManualClock();
    const stop = new AbortController();
    const waiting = wait(clock, 100, stop.signal);
    stop.abort('enough');

    await expect(waiting).rejects.toBe('enough');
    expect(clock.pending()).toBe(0);
  });

  it('does not begin when its signal is aborted already', async () => {
    const clock = createManualClock();

    await expect(wait(clock, 100, AbortSignal.abort('enough'))).rejects.toBe('enough');
    expect(clock.pending()).toBe(0);
  });
});
