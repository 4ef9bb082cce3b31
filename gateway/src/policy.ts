import type { Exchange } from './exchange.ts';

/**
 * Deals with an exchange, itself or through the next one, or sets going what will. Gives a promise only where something
 * else is waited for first. What fails after it has returned ends in `exchange.refuse`.
 */
export type Handler = (exchange: Exchange) => Promise<void> | void;

/** Wraps what comes after it. Built once for each route, at load. Refuses by throwing an AppError. */
export type Policy = (next: Handler) => Handler;

/**
 * Starts one try at one instance. Its end comes by `exchange.onTried`, once, at once or later: without a failure the client
 * has its answer (or is gone), with one the client has nothing yet. Throws what is decided before a try is made and never
 * tried again (`circuit_open`, `overloaded`). No promises: this is on the way of every request.
 */
export type Attempt = (exchange: Exchange) => void;

/** Outermost first. */
export const compose =
  (...policies: readonly Policy[]): Policy =>
  (last) =>
    policies.reduceRight((next, policy) => policy(next), last);
