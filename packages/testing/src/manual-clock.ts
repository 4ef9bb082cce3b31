/**
 * What a clock is, as `@gatehouse/resilience` has it. Written again here because that package is tested with this one,
 * and packages that need each other have no order; wherever a manual clock is passed, the compiler compares the two.
 */
type Clock = Readonly<{
  now(): number;
  monotonic(): number;
  schedule(delayMs: number, task: () => void): () => void;
}>;

/**
 * A clock that stands still until a test moves it.
 *
 * `advance` runs what falls due in order of time (first come first served at the same moment), timers started on the way
 * included, and lets promises settle after each. It cannot wait for sockets or the database: await those themselves.
 */
export type ManualClock = Clock &
  Readonly<{
    advance(ms: number): Promise<void>;
    /** Sets the wall clock as an administrator would, forward or back; timers and `monotonic` do not notice. */
    setWallClock(epochMs: number): void;
    /** How many timers are waiting: 0 shows that something was stopped. */
    pending(): number;
  }>;

type Timer = Readonly<{ dueMs: number; task: () => void }>;

const defaultStartMs = Date.UTC(2026, 0, 1);

export const createManualClock = (startMs: number = defaultStartMs): ManualClock => {
  const timers = new Set<Timer>();
  let elapsedMs = 0;
  let wallOffsetMs = startMs;

  const nextDue = (untilMs: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs > untilMs) continue;
      if (next === undefined || timer.dueMs < next.dueMs) next = timer;
    }
    return next;
  };

  return {
    now: () => wallOffsetMs + elapsedMs,
    monotonic: () => elapsedMs,
    schedule(delayMs, task) {
      const timer = { dueMs: elapsedMs + Math.max(0, delayMs), task };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    async advance(ms) {
      const untilMs = elapsedMs + ms;
      await settle();
      for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
        timers.delete(timer);
        elapsedMs = Math.max(elapsedMs, timer.dueMs);
        timer.task();
        await settle();
      }
      elapsedMs = untilMs;
    },
    setWallClock(epochMs) {
      wallOffsetMs = epochMs - elapsedMs;
    },
    pending: () => timers.size,
  };
};

/** All microtasks run before the next turn of the event loop, however long the chain of promises is. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
