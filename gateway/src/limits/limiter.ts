/** At most `limit` in any `windowMs`, all of it at once if unused, refilled one by one. */
export type Limit = Readonly<{ limit: number; windowMs: number }>;

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
  /** Keys that this gateway has seen and that have something taken, at most `max`, the latest used last. */
  list(max: number): readonly LimitState[];
  /** Gives `key` all of its limit back; false if it had it. */
  clear(key: string): boolean | Promise<boolean>;
  report(): LimiterReport;
}>;
