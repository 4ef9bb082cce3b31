import { AsyncResource } from 'node:async_hooks';
import { isAppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';
import { createLoop, type Loop } from '../loop.ts';
import { messagingError } from '../messaging-errors.ts';
import type { MessagingLogger } from '../messaging-logger.ts';
import type { CatchUp, CatchUpReport } from './catch-up.ts';
import type { CatchUpStore } from './catch-up-store.ts';

/** The catch-ups of this instance's consumers, in the background: nobody waits for them. */
export type CatchUps = Readonly<{
  /** `hasQueue`: whether the consumer's queue has existed since it subscribed. Nothing is read before. */
  begin(consumer: string, catchUp: CatchUp, hasQueue: () => boolean): void;
  /** Its queue is about to go, and with it what is said from now on: the next `begin` starts anew. */
  forget(consumer: string): Promise<void>;
  /** Ends all; the next `begin` goes on where it was. */
  stop(): Promise<void>;
  /** Whether one is at work now: one that waits for somebody who is away is not. */
  isBusy(): boolean;
  report(): Promise<readonly CatchUpReport[]>;
}>;

export type CatchUpsDeps = Readonly<{ store: CatchUpStore; clock: Clock; logger: MessagingLogger }>;

/** The other service may be away for long: asked after 100 ms, 200 ms … at most 10 s. */
const maxBackOffMs = 10_000;

/** `busy` → (page failed, no queue yet) → `waiting` → (back-off) → `busy` → (last page) → `finished`. */
type Entry = { state: 'busy' | 'waiting' | 'finished'; error: string | undefined; readonly loop: Loop };

export const createCatchUps = ({ store, clock, logger }: CatchUpsDeps): CatchUps => {
  const entries = new Map<string, Entry>();
  // A plugin subscribes within somebody's request: whose deadline and correlation are not those of this work.
  const outside = new AsyncResource('gatehouse.catch-ups');

  const takePage = async (consumer: string, catchUp: CatchUp): Promise<'finished' | 'more'> => {
    const { cursor, finishedAt } = await store.find(consumer);
    if (finishedAt !== undefined) return 'finished';
    const { items, next } = await catchUp.read(cursor);
    await store.advance({ consumer, from: cursor, to: next }, async (tx) => {
      for (const item of items) await catchUp.apply(item, tx);
    });
    return 'more';
  };

  const create = (consumer: string, catchUp: CatchUp, hasQueue: () => boolean): Entry => {
    const entry: Entry = {
      state: 'busy',
      error: undefined,
      loop: createLoop({
        clock,
        maxBackOffMs,
        intervalMs: () => 0,
        task: async () => {
          if (!hasQueue()) throw messagingError('transport_away');
          entry.state = 'busy';
          const outcome = await takePage(consumer, catchUp);
          entry.error = undefined;
          if (outcome === 'more') return 'again';
          entry.state = 'finished';
          void entry.loop.stop();
          return undefined;
        },
        onError: (error, errorsInRow) => {
          entry.state = 'waiting';
          entry.error = isAppError(error) ? error.code : 'unexpected';
          if (errorsInRow % 30 === 1) logger.warn({ consumer, err: error, errorsInRow }, 'catch-up waits');
        },
      }),
    };
    return entry;
  };

  return {
    begin: (consumer, catchUp, hasQueue) => {
      const entry = create(consumer, catchUp, hasQueue);
      entries.set(consumer, entry);
      outside.runInAsyncScope(entry.loop.start);
    },
    forget: async (consumer) => {
      await entries.get(consumer)?.loop.stop();
      entries.delete(consumer);
      await store.forget(consumer);
    },
    stop: async () => {
      const ended = [...entries.values()].map(({ loop }) => loop.stop());
      entries.clear();
      await Promise.all(ended);
    },
    isBusy: () => [...entries.values()].some(({ state }) => state === 'busy'),
    report: () =>
      Promise.all(
        [...entries].map(async ([consumer, { error }]): Promise<CatchUpReport> => {
          const { finishedAt } = await store.find(consumer);
          return {
            consumer,
            finished: finishedAt !== undefined,
            ...(finishedAt === undefined ? {} : { finishedAt: finishedAt.toISOString() }),
            ...(error === undefined || finishedAt !== undefined ? {} : { error }),
          };
        }),
      ),
  };
};
