import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { repeat } from './repeat.ts';

const setUp = () => {
  const clock = createManualClock();
  const errors: unknown[] = [];
  const running: PromiseWithResolvers<void>[] = [];
  const task = (): Promise<void> => {
    const run = Promise.withResolvers<void>();
    running.push(run);
    return run.promise;
  };
  const end = async (error?: Error): Promise<void> => {
    const run = running.at(-1);
    if (error === undefined) run?.resolve();
    else run?.reject(error);
    await clock.advance(0);
  };
  const repeating = repeat({ clock, intervalMs: 1000, task, onError: (error) => errors.push(error) });
  return { clock, errors, running, end, repeating };
};

describe('a repeated task', () => {
  it('begins at once and again after each end', async () => {
    const { clock, running, end } = setUp();
    expect(running).toHaveLength(1);
    await clock.advance(5000);
    expect(running).toHaveLength(1);
    await end();
    await clock.advance(999);
    expect(running).toHaveLength(1);
    await clock.advance(1);

    expect(running).toHaveLength(2);
  });

  it('goes on after a failure, which is told', async () => {
    const { clock, running, errors, end } = setUp();
    const failure = new Error('no');
    await end(failure);
    await clock.advance(1000);

    expect(errors).toEqual([failure]);
    expect(running).toHaveLength(2);
  });

  it('runs soon when asked, once however often it was asked', async () => {
    const { clock, running, end, repeating } = setUp();
    await end();
    repeating.now();
    repeating.now();
    await clock.advance(0);
    expect(running).toHaveLength(2);
    await end();
    await clock.advance(999);

    expect(running).toHaveLength(2);
  });

  it('runs once more when asked during a run', async () => {
    const { clock, running, end, repeating } = setUp();
    repeating.now();
    repeating.now();
    await clock.advance(0);
    expect(running).toHaveLength(1);
    await end();

    expect(running).toHaveLength(2);
  });

  it('stops when the run under way has ended', async () => {
    const { clock, running, end, repeating } = setUp();
    let stopped = false;
    const stopping = repeating.stop().then(() => {
      stopped = true;
    });
    await clock.advance(5000);
    expect(stopped).toBe(false);
    await end();
    await stopping;
    await repeating.stop();
    repeating.now();
    await clock.advance(5000);

    expect(running).toHaveLength(1);
    expect(clock.pending()).toBe(0);
  });
});
