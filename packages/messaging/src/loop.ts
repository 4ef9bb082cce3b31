import type { Clock } from '@gatehouse/resilience';

/** One background task that never overlaps itself. */
export type Loop = Readonly<{
  start(): void;
  /** There may be something to do: run now, or once more after the run in hand. Does not cut a back-off short. */
  wake(): void;
  /** Ends it; resolves when the run in hand is over. It can be started again. */
  stop(): Promise<void>;
}>;

export type LoopSettings = Readonly<{
  clock: Clock;
  /** The pause after a run, asked after each. */
  intervalMs: () => number;
  /** `'again'`: there is more to do, run again at once. */
  task: () => Promise<'again' | undefined>;
  /** `errorsInRow` counts from 1: whoever logs need not log each. */
  onError: (error: unknown, errorsInRow: number) => void;
  /** After errors it waits 100 ms, 200 ms … at most this. Default 1 s: what it needs is away, and asking is cheap. */
  maxBackOffMs?: number;
}>;

/**
 * Runs `task` at start, whenever it is woken, and by the clock: a wake that is lost costs at most one interval.
 *
 * stopped → (start) → starting → running → idle → (wake, timer) → running; running → (error) → backing off → (timer) →
 * running; any → (stop) → stopped.
 */
export const createLoop = ({
  clock,
  intervalMs,
  task,
  onError,
  maxBackOffMs = 1_000,
}: LoopSettings): Loop => {
  let state: 'stopped' | 'starting' | 'idle' | 'running' | 'backing-off' = 'stopped';
  let woken = false;
  let errorsInRow = 0;
  let cancelTimer = (): void => {};
  let inHand: Promise<void> = Promise.resolve();

  const run = (): void => {
    if (state !== 'idle' && state !== 'backing-off') return;
    cancelTimer();
    state = 'running';
    woken = false;
    inHand = task().then(
      (more) => rest(more),
      (error: unknown) => recover(error),
    );
  };

  const rest = (more: 'again' | undefined): void => {
    errorsInRow = 0;
    if (state !== 'running') return;
    state = 'idle';
    if (more === 'again' || woken) setImmediate(run);
    else cancelTimer = clock.schedule(intervalMs(), run);
  };

  const recover = (error: unknown): void => {
    errorsInRow += 1;
    onError(error, errorsInRow);
    if (state !== 'running') return;
    state = 'backing-off';
    cancelTimer = clock.schedule(Math.min(maxBackOffMs, 50 * 2 ** errorsInRow), run);
  };

  return {
    start: () => {
      if (state !== 'stopped') return;
      state = 'starting';
      // a run of before `stop` may still be in hand
      void inHand.then(() => {
        if (state !== 'starting') return;
        state = 'idle';
        run();
      });
    },
    wake: () => {
      woken = true;
      if (state === 'idle') run();
    },
    stop: async () => {
      state = 'stopped';
      cancelTimer();
      await inHand;
    },
  };
};
