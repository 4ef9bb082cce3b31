import type { Exchange } from '../exchange.ts';
import type { Failure } from './failure.ts';
import { findHeader, retryAfterSeconds } from './relay-answer.ts';
import type { Outcome } from './upstream-instance.ts';

/** A 409 with `Retry-After` is `idempotency_in_progress`: only a copy that was sent here has reason to wait for the first. */
export const mayBeBetterElsewhere = (
  { attempts, message }: Exchange,
  status: number,
  headers: readonly string[],
): boolean =>
  (status >= 502 && status <= 504) ||
  (status === 409 &&
    attempts > 1 &&
    message.idempotencyKey !== undefined &&
    findHeader(headers, 'retry-after') !== undefined);

export const toStatusFailure = (status: number, headers: readonly string[]): Failure => {
  const seconds = retryAfterSeconds(findHeader(headers, 'retry-after'));
  return { kind: 'status', status, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) };
};

/** Connections that this machine has no means for. */
const ownFaults: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

const outcomeOfConnecting = (code: unknown): Outcome => {
  if (ownFaults.has(code)) return 'released';
  // Somebody took the connection and broke it off: that is not nobody.
  return code === 'ECONNRESET' ? 'failed' : 'refused';
};

export const outcomeOf = ({ kind, cause }: Failure): Outcome => {
  switch (kind) {
    case 'connect':
      if (cause === undefined) return 'slow';
      return outcomeOfConnecting((cause as { code?: unknown }).code);
    case 'slow':
    case 'late':
      return 'slow';
    case 'reset':
    case 'status':
      return 'failed';
  }
};

/**
 * A service that says 503 with `Retry-After` is alive and refuses this one request (`read_model_behind`, a full queue):
 * counted, a handful of such requests could shut everybody else out.
 */
export const countsAgainst = (exchange: Exchange, { status, retryAfterSeconds: seconds }: Failure): boolean =>
  status !== 409 && !(status === 503 && (seconds !== undefined || exchange.route?.settings.waits === true));
