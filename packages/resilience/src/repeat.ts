import type { Clock } from './clock.ts';

export type Repeating = Readonly<{
  /** No further run; resolves when one that is under way has ended. Safe to call twice. */
  stop(): Promise<void>;
  /** Asks for a run soon. Any number of calls before that run begins are one; during a run, one more follows it. */
  now(): void;
}>;

export type RepeatOptions = Readonly<{
  clock: Clock;
  intervalMs: number;
  task: () => Promise<void>;
  onError: (error: unknown) => void;
}>;

/**
 * Runs `task` now and then `intervalMs` after each end, never two at a time. A task that fails is told to `onError` and
 * runs again like any other; the task bounds its own duration.
 */
export const repeat = ({ clock, intervalMs, task, onError }: RepeatOptions): Repeating => {
  let stopped = false;
  let again = false;
  let running: Promise<void> | undefined;
  let cancel = (): void => {};

  const plan = (delayMs: number): void => {
    cancel();
    cancel = clock.schedule(delayMs, begin);
  };

  const begin = (): void => {
    if (stopped) return;
    again = false;
    running = runOnce().finally(() => {
      running = undefined;
      if (!stopped) plan(again ? 0 : intervalMs);
    });
  };

  const runOnce = async (): Promise<void> => {
    try {
      await task();
    } catch (error) {
      onError(error);
    }
  };

  begin();

  return {
    stop: async () => {
      stopped = true;
      cancel();
      await running;
    },
    now: () => {
      if (stopped || again) return;
      again = true;
      if (running === undefined) plan(0);
    },
  };
};
