/** How one try of a message ended, as far as its consumer's pace goes. */
export type TryOutcome = 'done' | 'failed' | 'dead-letter' | 'away';

/**
 * How fast a consumer goes.
 *
 * - `open`: as many keys at once as there are workers.
 * - `careful`: one message at a time. Entered after 5 failures in a row or a pause; left by the first success.
 * - `paused`: nothing, until `untilMs`. Entered when what it needs is away; time leads to `careful`.
 */
export type Pace = Readonly<
  | { mode: 'open'; failuresInRow: number }
  | { mode: 'careful'; pauses: number }
  | { mode: 'paused'; pauses: number; untilMs: number }
>;

export const openPace: Pace = { mode: 'open', failuresInRow: 0 };

const failuresUntilCareful = 5;
const firstPauseMs = 100;
/** Short: one cheap try a second costs nothing, and a database that is back is noticed at once. */
const maxPauseMs = 1_000;

/** `nowMs` is monotonic. */
export const paceAfter = (pace: Pace, outcome: TryOutcome, nowMs: number): Pace => {
  switch (outcome) {
    case 'done':
      return openPace;
    case 'away':
      return pausedFrom(pace, nowMs);
    case 'failed':
      return afterFailure(pace);
    // Says something about the message, nothing about the rest.
    case 'dead-letter':
      return pace;
  }
};

/** What the passing of time makes of it. */
export const paceAt = (pace: Pace, nowMs: number): Pace =>
  pace.mode === 'paused' && nowMs >= pace.untilMs ? { mode: 'careful', pauses: pace.pauses } : pace;

const afterFailure = (pace: Pace): Pace => {
  if (pace.mode !== 'open') return pace;
  const failuresInRow = pace.failuresInRow + 1;
  return failuresInRow < failuresUntilCareful
    ? { mode: 'open', failuresInRow }
    : { mode: 'careful', pauses: 0 };
};

const pausedFrom = (pace: Pace, nowMs: number): Pace => {
  // Several that were at work at once report the same outage: it is one pause.
  if (pace.mode === 'paused' && nowMs < pace.untilMs) return pace;
  const pauses = pace.mode === 'open' ? 1 : pace.pauses + 1;
  return { mode: 'paused', pauses, untilMs: nowMs + Math.min(maxPauseMs, firstPauseMs * 2 ** (pauses - 1)) };
};
