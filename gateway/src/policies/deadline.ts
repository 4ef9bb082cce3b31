import type { Clock } from '@gatehouse/resilience';
import type { Policy } from '../policy.ts';

/**
 * One limit for all tries, the waits between them and the answer (an event stream: up to its headers). It starts when
 * the body is in memory, or when its streaming begins: how long a client takes to send is the server's time limit.
 * It is kept by each try and each wait, and passed on to services as `X-Request-Deadline` (milliseconds since the epoch).
 */
export const deadline =
  (timeoutMs: number, clock: Clock): Policy =>
  (next) =>
    function startDeadline(exchange) {
      exchange.endsAtMs = clock.monotonic() + timeoutMs;
      exchange.deadlineAtMs = clock.now() + timeoutMs;
      return next(exchange);
    };
