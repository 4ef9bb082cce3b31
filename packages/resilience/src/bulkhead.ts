import { type Clock, systemClock } from './clock.ts';
import { resilienceError } from './resilience-error.ts';

/** Keeps one kind of work from taking everything: at most `limit` at once, a few waiting, the rest refused at once. */
export type Bulkhead = Readonly<{
  /** Runs `task` now or in its turn. Full, or waited too long: AppError `overloaded` (unavailable), `task` is not run. */
  run<T>(task: () => Promise<T>): Promise<T>;
  inFlight(): number;
}>;

export type BulkheadOptions = Readonly<{
  name: string;
  limit: number;
  /** How many may wait for a place; none if not given. */
  queueLimit?: number;
  /** How long one may wait. */
  queueTimeoutMs?: number;
  /** For the waiting; the machine's if not given. */
  clock?: Clock;
}>;

type Waiting = Readonly<{ enter: () => void }>;

export const createBulkhead = ({
  name,
  limit,
  queueLimit = 0,
  queueTimeoutMs = 1000,
  clock = systemClock,
}: BulkheadOptions): Bulkhead => {
  /** First in, first out; a Set forgets one that gave up without a search. */
  const queue = new Set<Waiting>();
  let inFlight = 0;

  const overloaded = () =>
    resilienceError('overloaded', { details: { bulkhead: name, retryAfterSeconds: 1 } });

  const waitForPlace = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const cancel = clock.schedule(queueTimeoutMs, () => {
        queue.delete(waiting);
        reject(overloaded());
      });
      const waiting: Waiting = {
        enter: () => {
          cancel();
          resolve();
        },
      };
      queue.add(waiting);
    });

  const enter = async (): Promise<void> => {
    if (inFlight < limit) {
      inFlight += 1;
      return;
    }
    if (queue.size >= queueLimit) throw overloaded();
    // Whoever leaves hands the place over, so it is counted already when this resolves.
    await waitForPlace();
  };

  const leave = (): void => {
    const [next] = queue;
    if (next === undefined) {
      inFlight -= 1;
      return;
    }
    queue.delete(next);
    next.enter();
  };

  return {
    run: async (task) => {
      await enter();
      try {
        return await task();
      } finally {
        leave();
      }
    },
    inFlight: () => inFlight,
  };
};
