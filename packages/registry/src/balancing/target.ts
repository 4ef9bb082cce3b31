/**
 * An instance as a balancer sees it: an object that its owner keeps up to date, so that a pick looks nothing up and makes
 * nothing.
 */
export type BalancerTarget = {
  readonly id: string;
  /** Share of the load relative to the others, above 0. */
  readonly weight: number;
  /** Requests that it has at the moment. */
  readonly inFlight: number;
  /** Requests that it was handed since it last answered one; its owner sets it to 0 when none is left in flight. */
  readonly unanswered: number;
  /** How many requests the service had been handed when the first of those came. */
  readonly silentSince: number;
  /** When it was new (monotonic milliseconds). `SlowStart` sets it to undefined once that is over. */
  newSinceMs: number | undefined;
};

/** Handed to it without an answer to any. */
const silentFrom = 5;

/**
 * A frozen process takes requests as before and answers none: whoever is silent is passed over while somebody else
 * answers, from the sixth request on. One answer ends it. In a burst everybody is silent, and nobody is passed over.
 */
export const isSilent = ({ unanswered }: BalancerTarget): boolean => unanswered >= silentFrom;
