import { type Clock, retryDelayMs, systemClock, wait } from '@gatehouse/resilience';
import type { Kysely, Transaction } from 'kysely';
import type { AnySchema } from './database.ts';
import { databaseError, isDatabaseAway, isTransactionLost, toDatabaseError } from './database-errors.ts';
import { wentOutWithCommit } from './pool.ts';

/**
 * Runs `work` in one transaction: all of it is kept, or nothing. `work` may run up to four times (when it lost against
 * another transaction), so it must touch nothing but `tx`.
 */
export type Transact<S = AnySchema> = <T>(work: (tx: Transaction<S>) => Promise<T>) => Promise<T>;

export type TransactOptions<S> = Readonly<{
  db: Kysely<S>;
  /** Called once after each commit; must not throw, since what is committed cannot be refused any more. */
  afterCommit?: () => void;
  clock?: Clock;
  random?: () => number;
}>;

const maxRetries = 3;

/**
 * Makes `transact` for a database. Serialisation failures and deadlocks are retried three times with jitter. An error of
 * `work` comes out as it was. A database that is away gives `database_unavailable`; when that happens during the commit,
 * nobody knows whether it was kept, and `details.outcome` says `unknown`.
 */
export const createTransact = <S = AnySchema>(options: TransactOptions<S>): Transact<S> => {
  const { db, afterCommit, clock = systemClock, random = Math.random } = options;
  return async (work) => {
    for (let retry = 1; ; retry++) {
      try {
        const result = await runOnce(db, work);
        afterCommit?.();
        return result;
      } catch (error) {
        if (retry > maxRetries || !isTransactionLost(error)) throw toDatabaseError(error);
      }
      await wait(clock, retryDelayMs(retry, random));
    }
  };
};

const runOnce = async <S, T>(db: Kysely<S>, work: (tx: Transaction<S>) => Promise<T>): Promise<T> => {
  // Kysely throws what the rollback threw instead of what led to it: a lost connection would hide the reason.
  let failure: { readonly error: unknown } | undefined;
  let committing = false;
  try {
    return await db.transaction().execute(async (tx) => {
      try {
        const result = await work(tx);
        committing = true;
        return result;
      } catch (error) {
        failure = { error };
        throw error;
      }
    });
  } catch (error) {
    const cause = failure === undefined ? error : failure.error;
    if ((committing || wentOutWithCommit(cause)) && isDatabaseAway(cause)) {
      throw databaseError('database_unavailable', {
        message: 'The database was lost during a commit.',
        details: { retryAfterSeconds: 1, outcome: 'unknown' },
        cause,
      });
    }
    throw cause;
  }
};
