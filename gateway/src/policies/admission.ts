import type { Priority } from '@gatehouse/resilience';
import type { RouteSettings } from '../config/route-settings.ts';
import type { Exchange } from '../exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Policy } from '../policy.ts';
import type { UpstreamService } from '../upstream/upstream-service.ts';

export type AdmissionSettings = Pick<RouteSettings, 'priority' | 'waits'>;

/**
 * The door of a service, before its tries: over what it can take a request is 503 `overloaded` at once, the less important
 * first. It stands behind authentication, since who calls decides, and before the retries: what is refused here is
 * neither tried again nor a sample of the breaker.
 *
 * Each try counts from its sending to the head of its answer, so that a long download or an event stream takes no
 * room; all of it is bounded by `maxInFlight`. A route that waits is asked at the door like any other, but its tries are
 * not counted: they take long on purpose, and would keep the others out.
 */
export const admission =
  ({ priority, waits }: AdmissionSettings, service: UpstreamService): Policy =>
  (next) => {
    const { door } = service;
    if (door === undefined) return next;
    const fixed = priority && priorityOf[priority];
    // One for all: there are thousands a second of it, and a new one costs more than all else here, for a stack that nobody reads.
    const refusal = gatewayError('overloaded', { details: { retryAfterSeconds: 1 } });

    return function comeIn(exchange) {
      const { clock } = exchange;
      if (!door.admit(fixed ?? priorityOfCaller(exchange), clock.monotonic())) {
        throw refusal;
      }
      if (!waits) exchange.door = door;
      return next(exchange);
    };
  };

const priorityOf = {
  high: 'health',
  normal: 'signed-in',
  low: 'anonymous',
} as const satisfies Record<NonNullable<AdmissionSettings['priority']>, Priority>;

const priorityOfCaller = ({ principal }: Exchange): Priority => {
  if (principal === undefined) return 'anonymous';
  return principal.role === 'admin' ? 'admin' : 'signed-in';
};
