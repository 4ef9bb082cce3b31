import type { AppError } from '@gatehouse/errors';
import { type Clock, wait } from '@gatehouse/resilience';

/** What `work` gives, or `late` when it takes longer. The work itself goes on: nobody can stop a promise. */
export const within = async <T>(
  work: Promise<T>,
  limit: { clock: Clock; timeoutMs: number; late: () => AppError },
): Promise<T> => {
  const done = new AbortController();
  const timeout = wait(limit.clock, limit.timeoutMs, done.signal).then(() => {
    throw limit.late();
  });
  // Aborting ends the wait with a rejection, which nobody is interested in by then.
  timeout.catch(() => {});
  work.catch(() => {});
  try {
    return await Promise.race([work, timeout]);
  } finally {
    done.abort();
  }
};
