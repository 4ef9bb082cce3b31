import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { createDeadline } from './deadline.ts';

describe('a deadline', () => {
  it('says when it is and what is left', async () => {
    const clock = createManualClock(1_000_000);
    const deadline = createDeadline(clock, 2000);
    await clock.advance(500);

    expect(deadline.at).toBe(1_002_000);
    expect(deadline.remainingMs()).toBe(1500);
    expect(deadline.expired()).toBe(false);
  });

  it('aborts its signal when the time is over', async () => {
    const clock = createManualClock();
    const deadline = createDeadline(clock, 2000);
    const { signal } = deadline;
    await clock.advance(1999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);

    expect(signal.reason).toMatchObject({ code: 'deadline_exceeded', kind: 'timeout' });
    expect(deadline.expired()).toBe(true);
    expect(deadline.remainingMs()).toBe(0);
  });

  it('has one signal, and a timer only when somebody wants it', () => {
    const clock = createManualClock();
    const deadline = createDeadline(clock, 2000);
    expect(clock.pending()).toBe(0);

    expect(deadline.signal).toBe(deadline.signal);
    expect(clock.pending()).toBe(1);
  });

  it('gives an aborted signal when it is asked for too late', async () => {
    const clock = createManualClock();
    const deadline = createDeadline(clock, 2000);
    await clock.advance(3000);

    expect(deadline.signal.aborted).toBe(true);
  });

  it('leaves nothing behind when the work is done', async () => {
    const clock = createManualClock();
    const deadline = createDeadline(clock, 2000);
    const { signal } = deadline;
    deadline.clear();
    await clock.advance(3000);

    expect(clock.pending()).toBe(0);
    expect(signal.aborted).toBe(false);
  });

  it('is not moved by the wall clock', () => {
    const clock = createManualClock();
    const deadline = createDeadline(clock, 2000);
    clock.setWallClock(clock.now() + 3_600_000);

    expect(deadline.remainingMs()).toBe(2000);
  });
});
