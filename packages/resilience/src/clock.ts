/**
 * Time as a dependency: whoever waits, times out or compares times takes one, so that tests own it
 * (`createManualClock` of `@gatehouse/testing`).
 */
export type Clock = Readonly<{
  /** Milliseconds since the epoch. May jump when the machine's clock is set: for dates, never for durations. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. For durations and time limits. */
  monotonic(): number;
  /** Runs `task` once after `delayMs`; gives back what cancels it. The timer does not keep the process alive. */
  schedule(delayMs: number, task: () => void): () => void;
}>;

/** The machine's own clock, for composition roots. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
