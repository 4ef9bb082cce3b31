import type { Clock } from '@gatehouse/resilience';

/** What has to be told when its time is over. Its two fields are written here and by itself, never at once. */
export type Timed = {
  /** By the monotonic clock. May be put off while it is watched, never brought forward. */
  dueAtMs: number;
  /** Where it stands among those watched; -1: it is not watched. */
  place: number;
  /** Called once `dueAtMs` has come; again and again until it is put off or forgotten. */
  onTime(): void;
};

export type TimeLimits = Readonly<{
  watch(timed: Timed): void;
  /** Harmless if it is not watched. */
  forget(timed: Timed): void;
}>;

/** A timer of the machine may come this much too early. */
const toleranceMs = 1;

/**
 * One timer for all that are watched, set to the earliest of them, instead of one for each try: nearly all end long
 * before their time, and a timer that is made and cancelled for every request costs more than the rest of its try.
 *
 * Nothing comes late for it: what falls due earlier than the timer sets it anew. When it comes, it looks at all that are
 * watched, no more than once a millisecond.
 */
export const createTimeLimits = (clock: Clock): TimeLimits => {
  const watched: Timed[] = [];
  let setForMs = Number.POSITIVE_INFINITY;
  let cancel = (): void => {};

  const set = (dueAtMs: number, nowMs: number): void => {
    cancel();
    setForMs = dueAtMs;
    cancel = clock.schedule(Math.max(toleranceMs, dueAtMs - nowMs), look);
  };

  const stop = (): void => {
    cancel();
    setForMs = Number.POSITIVE_INFINITY;
  };

  const look = (): void => {
    setForMs = Number.POSITIVE_INFINITY;
    const nowMs = clock.monotonic();
    // From the end: who goes is replaced by the last, which was looked at already.
    for (let place = watched.length - 1; place >= 0; place -= 1) {
      const timed = watched[place];
      if (timed !== undefined && timed.dueAtMs - nowMs < toleranceMs) timed.onTime();
    }
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const { dueAtMs } of watched) if (dueAtMs < earliestMs) earliestMs = dueAtMs;
    if (earliestMs < setForMs) set(earliestMs, nowMs);
  };

  return {
    watch: (timed) => {
      timed.place = watched.length;
      watched.push(timed);
      if (timed.dueAtMs < setForMs) set(timed.dueAtMs, clock.monotonic());
    },
    forget: (timed) => {
      const { place } = timed;
      if (place === -1) return;
      timed.place = -1;
      const last = watched.pop() as Timed;
      if (last !== timed) {
        watched[place] = last;
        last.place = place;
      }
      if (watched.length === 0) stop();
    },
  };
};
