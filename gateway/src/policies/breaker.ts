import type { Breaker } from '@gatehouse/resilience';
import type { Attempt } from '../policy.ts';

/**
 * Innermost: each try is one sample, but for one that broke off or was not answered while another one follows (that
 * instance hears of it). Open: `circuit_open` at once. The try itself says how it went as soon as the headers of the answer are
 * there, so that a long stream does not hold a permit.
 */
export const breaker =
  (serviceBreaker: Breaker) =>
  (next: Attempt): Attempt =>
    function askBreaker(exchange) {
      exchange.permit = serviceBreaker.admit();
      next(exchange);
    };
