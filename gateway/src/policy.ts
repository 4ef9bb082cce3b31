import type { Exchange } from './exchange.ts';
import type { Failure } from './upstream/failure.ts';

/** Deals with an exchange, itself or through the next one. Gives a promise only if it cannot be done at once. */
export type Handler = (exchange: Exchange) => Promise<void> | void;

/** Wraps what comes after it. Built once for each route, at load. Refuses by throwing an AppError. */
export type Policy = (next: Handler) => Handler;

/**
 * One try at one instance. Comes back with nothing when the client has its answer (or is gone), with a failure when the
 * client has nothing yet; throws what is decided here and never tried again (`circuit_open`, `overloaded`).
 */
export type Attempt = (exchange: Exchange) => Promise<Failure | undefined>;

/** Outermost first. */
export const compose =
  (...policies: readonly Policy[]): Policy =>
  (last) =>
    policies.reduceRight((next, policy) => policy(next), last);
