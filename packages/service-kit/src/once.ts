import type { AnyTx, Transact } from '@gatehouse/database';
import { isAppError } from '@gatehouse/errors';
import { type Clock, type Deadline, wait } from '@gatehouse/resilience';
import { kitError } from './http-error.ts';
import type { IdempotencyKeys, IdempotentRequest } from './idempotency.ts';
import type { Reply } from './reply.ts';
import type { Once } from './route.ts';

/** Waits before the second, third and fourth try of an effect that lost a race. */
const CONFLICT_DELAYS_MS = [100, 150, 225];

export type OnceDeps = Readonly<{ transact: Transact; keys: IdempotencyKeys; clock: Clock }>;

export type OnceRequest = Readonly<{
  deadline: Deadline;
  /** With a condition the client decides what a lost race means. */
  hasCondition: boolean;
  /** Absent when the request has no key, or the route takes none. */
  idempotent?: IdempotentRequest;
}>;

/** See `Once`. */
export const createOnce =
  ({ transact, keys, clock }: OnceDeps, { deadline, hasCondition, idempotent }: OnceRequest): Once =>
  (effect) => {
    const beforeDeadline = async (tx: AnyTx): Promise<Reply> => {
      const reply = await effect(tx);
      // The caller has its 504 by now: committing what nobody is told of would only surprise.
      if (deadline.expired()) throw kitError('gateway_timeout');
      return reply;
    };
    const attempt = () =>
      transact(async (tx) =>
        idempotent === undefined
          ? beforeDeadline(tx)
          : keys.answerOnce(tx, idempotent, () => beforeDeadline(tx)),
      );
    return hasCondition ? attempt() : repeatConflicts(attempt, clock, deadline);
  };

const repeatConflicts = async <T>(
  attempt: () => Promise<T>,
  clock: Clock,
  deadline: Deadline,
): Promise<T> => {
  for (const delayMs of CONFLICT_DELAYS_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (!isAppError(error) || error.code !== 'version_conflict') throw error;
    }
    await wait(clock, delayMs, deadline.signal);
  }
  return attempt();
};
