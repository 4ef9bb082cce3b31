export type BreakerState = 'closed' | 'open' | 'half-open';

/** When a breaker opened, and why: for people, names no content of the failed calls. */
export type BreakerOpening = Readonly<{
  /** ISO 8601. */
  openedAt: string;
  cause: string;
}>;

/** What an operator sees of a breaker. */
export type BreakerReport = Readonly<{
  name: string;
  state: BreakerState;
  /** Set while an operator holds the breaker open or closed. */
  forced: 'open' | 'closed' | undefined;
  /** Failed calls in the window; half-open: 0, since the first failed probe opens it again. */
  failures: number;
  /** Successful calls in the window; half-open: good probes so far. */
  successes: number;
  /** The share of calls that it lets through, from 10 to 99, while it comes back to full load after it closed. */
  rampPercent?: number;
  /** When it opened (ISO 8601); open and half-open only. */
  openedAt?: string;
  /** Whole seconds, at least 1, until it may let something through; open and half-open only. */
  retryAfterSeconds?: number;
  /** Why it opened, for people; names no content of the failed calls. Open and half-open only. */
  cause?: string;
  /** The last 5 times that it opened, newest first; kept when it closes. */
  lastOpenings: readonly BreakerOpening[];
}>;
