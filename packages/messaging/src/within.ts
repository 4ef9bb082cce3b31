import type { AppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';

/** What `work` gives, or `late` when it takes longer. The work itself goes on: nobody can stop a promise. */
export const within = <T>(
  work: Promise<T>,
  limit: { clock: Clock; timeoutMs: number; late: () => AppError },
): Promise<T> =>
  // By hand: this runs for every message, and an AbortController costs more than the rest of it.
  new Promise((resolve, reject) => {
    const cancel = limit.clock.schedule(limit.timeoutMs, () => reject(limit.late()));
    work.then(
      (result) => {
        cancel();
        resolve(result);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
