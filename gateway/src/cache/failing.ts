import { isAppError } from '@gatehouse/errors';

/** What a service that cannot answer looks like from inside: no instance, breaker open, too much to do, all tries failed. */
const failures = new Set([
  'service_unavailable',
  'circuit_open',
  'overloaded',
  'bad_gateway',
  'gateway_timeout',
]);

/** The code, if this is why another answer may stand in for the service's. */
export const failureCodeOf = (error: unknown): string | undefined =>
  isAppError(error) && failures.has(error.code) ? error.code : undefined;

/** RFC 5861 §4. */
export const isFailingStatus = (status: number): boolean =>
  status === 500 || (status >= 502 && status <= 504);
