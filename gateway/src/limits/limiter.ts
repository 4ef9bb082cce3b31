/** At most `limit` in any `windowMs`, all of it at once if unused, refilled one by one. */
export type Limit = Readonly<{ limit: number; windowMs: number }>;

/** One to be taken from what `key` has left. */
export type Taking = Readonly<{ key: string; limit: Limit }>;

/** What `take` gives for each; `second` is undefined where the first one refused, and nothing was taken from it. */
export type BothLeft = Readonly<{ first: number; second: number | undefined }>;

/** `wholeInMs`: how long until the key has everything back. */
export type LimitState = Readonly<{ key: string; wholeInMs: number }>;

/**
 * Where is counted: `memory` (no Redis is set), `shared` (in Redis, with all other gateways), `local` (Redis is set but
 * away or too slow: this gateway goes on with its share).
 */
export type LimiterMode = 'memory' | 'shared' | 'local';

export type LimiterReport = Readonly<{
  mode: LimiterMode;
  /** How often `shared` had to be left. */
  fallbacks: number;
}>;

/** Counts requests by key. What every adapter keeps is in `limiter.contract.ts`. Never fails: it always decides. */
export type Limiter = Readonly<{
  /**
   * Takes one from what `key` has left. Gives how many are left then (0 or more) or, if there was none, the
   * milliseconds until there is one, as a negative number: a plain number, since this runs for every request, and a
   * promise only where somebody else must be asked.
   */
  take(key: string, limit: Limit): number | Promise<number>;
  /** Whether somebody else is asked just now: then two takings had better be one question. */
  asks(): boolean;
  /** Takes from the first and, unless that refuses, from the second; in one question, where somebody else is asked. */
  takeBoth(first: Taking, second: Taking): BothLeft | Promise<BothLeft>;
  /**
   * How long `key` has nothing left, as far as is known without asking, in milliseconds; 0: it may have. Late by no more than
   * window / limit where another gateway cleared the key.
   */
  emptyForMs(key: string, limit: Limit): number;
  /** Keys that this gateway has seen and that have something taken, at most `max`, the latest used last. */
  list(max: number): readonly LimitState[];
  /** Gives `key` all of its limit back; false if it had it. */
  clear(key: string): boolean | Promise<boolean>;
  report(): LimiterReport;
}>;
