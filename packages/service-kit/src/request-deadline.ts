import { type Clock, createDeadline, type Deadline } from '@gatehouse/resilience';
import { kitError } from './http-error.ts';

/** No request is worked on for longer, whatever the caller allows. */
const REQUEST_LIMIT_MS = 15_000;

/**
 * The time that a request has: until `X-Request-Deadline` (milliseconds since the epoch, as the gateway and our own calls
 * send it), and 15 s at most.
 */
export const openDeadline = (header: string | undefined, clock: Clock): Deadline => {
  if (header === undefined) return createDeadline(clock, REQUEST_LIMIT_MS);
  if (!/^\d{1,15}(?:\.\d+)?$/.test(header))
    throw kitError('malformed_request', { message: 'X-Request-Deadline is milliseconds since the epoch.' });
  return createDeadline(clock, Math.min(Number(header) - clock.now(), REQUEST_LIMIT_MS));
};

/** Waits for `work` until the deadline, then throws `gateway_timeout`; a deadline that is over starts nothing. */
export const withinDeadline = async <T>(deadline: Deadline, work: () => Promise<T>): Promise<T> => {
  if (deadline.expired()) throw kitError('gateway_timeout');
  const { signal } = deadline;
  let onAbort = (): void => {};
  const over = new Promise<never>((_, reject) => {
    onAbort = () => reject(kitError('gateway_timeout'));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work(), over]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};
