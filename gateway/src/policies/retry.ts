import { type Clock, retryDelayMs } from '@gatehouse/resilience';
import type { Exchange, OnTried } from '../exchange.ts';
import type { Attempt, Handler } from '../policy.ts';
import { type Failure, toClientError, wasNeverSent } from '../upstream/failure.ts';
import type { UpstreamInstance } from '../upstream/upstream-instance.ts';
import type { UpstreamService } from '../upstream/upstream-service.ts';

export type RetrySettings = Readonly<{
  /** How often a request may be sent again. */
  attempts: number;
  /** Whether an `Idempotency-Key` makes any method fit to be sent again. */
  idempotencyKeys: boolean;
  /** The service may answer 503 on purpose: such an answer is final. */
  waits: boolean;
}>;

export type RetryDeps = Readonly<{
  service: UpstreamService;
  clock: Clock;
  random: () => number;
}>;

const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** A service that asks for more patience than this is answered for, not waited for. */
const longestRetryAfterMs = 3000;

/**
 * Sends a request again, to another instance, when it failed before the client had a byte.
 *
 * Not a byte was sent: any method, free of charge. After that only what may be done twice: an idempotent method or,
 * where the route says so, an `Idempotency-Key`; with a body that is in memory; within the budget of the service and
 * the deadline; after a wait with full jitter, or the `Retry-After` of the answer; not while the service has too much to
 * do. What is refused here in the gateway (`circuit_open`, `overloaded`, no instance) is thrown by the attempt and never
 * tried again.
 */
export const retry =
  (settings: RetrySettings, deps: RetryDeps) =>
  (attempt: Attempt): Handler => {
    const { service, clock, random } = deps;
    const mayRetry = createMayRetry(settings, deps);

    const tryOnce = (exchange: Exchange): void => {
      exchange.attempts += 1;
      attempt(exchange);
    };

    const tryAgain = (exchange: Exchange): void => {
      exchange.underway = undefined;
      try {
        tryOnce(exchange);
      } catch (error) {
        exchange.refuse(exchange, error);
      }
    };

    const waitThenTry = (exchange: Exchange, { retryAfterSeconds = 0 }: Failure): void => {
      const delayMs = Math.max(retryDelayMs(exchange.attempts, random), retryAfterSeconds * 1000);
      const cancel = clock.schedule(delayMs, () => tryAgain(exchange));
      exchange.underway = { abandon: cancel, resume: nothing };
    };

    const onTried: OnTried = (exchange, failure, refusal) => {
      service.leave(exchange.instance as UpstreamInstance);
      if (refusal !== undefined) exchange.refuse(exchange, refusal);
      else if (failure === undefined || exchange.gone) return;
      else if (exchange.willRetry) waitThenTry(exchange, failure);
      else exchange.refuse(exchange, toClientError(failure));
    };

    return function tryUntilAnswered(exchange) {
      service.budget().deposit();
      exchange.mayRetry = mayRetry;
      exchange.onTried = onTried;
      if (!exchange.gone) tryOnce(exchange);
    };
  };

const nothing = (): void => {};

const createMayRetry = (settings: RetrySettings, { service, clock }: RetryDeps) => {
  const maySendTwice = ({ method, message }: Exchange): boolean =>
    idempotentMethods.has(method) || (settings.idempotencyKeys && message.idempotencyKey !== undefined);

  return (exchange: Exchange, failure: Failure): boolean => {
    if (exchange.attempts > settings.attempts || exchange.gone || failure.kind === 'late') return false;
    if (settings.waits && failure.status === 503) return false;
    const waitMs = (failure.retryAfterSeconds ?? 0) * 1000;
    if (waitMs > longestRetryAfterMs || exchange.endsAtMs - clock.monotonic() <= waitMs) return false;
    if (!hasBodyStill(exchange, failure) || !hasInstanceFor(exchange, failure, service)) return false;
    if (wasNeverSent(failure)) return true;
    // What has too much to do already is not sent more; to wait for a first copy costs it nothing.
    if (failure.status !== 409 && service.door?.isOverloaded(clock.monotonic())) return false;
    return maySendTwice(exchange) && service.budget().tryWithdraw();
  };
};

const hasBodyStill = ({ body }: Exchange, failure: Failure): boolean =>
  body.kind !== 'stream' || (wasNeverSent(failure) && failure.cause !== undefined && !body.wasRead());

/**
 * Another instance than those that failed. Only a broken connection may have been the connection's own fault (closed by
 * the service while idle), and a 409 is waited for where it came from: there the same instance will do.
 */
const hasInstanceFor = (exchange: Exchange, failure: Failure, service: UpstreamService): boolean => {
  const failed = exchange.instance?.instance.id;
  if (failed !== undefined && failure.status !== 409) exchange.tried = [...(exchange.tried ?? []), failed];
  return failure.kind === 'reset' || failure.status === 409 || service.hasOther(exchange.tried ?? []);
};
