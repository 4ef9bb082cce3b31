import { type Clock, wait } from '@gatehouse/resilience';
import { messagingError } from '../messaging-errors.ts';
import type { MessagingLogger } from '../messaging-logger.ts';
import { within } from '../within.ts';
import { type Delivery, storeOneByOne, storeTogether } from './store-deliveries.ts';

/** Takes deliveries in, stores them in batches and in order, and answers each by itself. */
export type IntakePump = Readonly<{
  push(delivery: Delivery): void;
  /** Their channel is gone: what is not in hand is forgotten, it comes again. */
  drop(): void;
  /** Takes no further batch; resolves when the one in hand is done, at the latest after its time limit. */
  close(): Promise<void>;
}>;

export type IntakePumpParts = Readonly<{
  queue: string;
  store: (messages: readonly unknown[]) => Promise<void>;
  clock: Clock;
  logger: MessagingLogger;
}>;

const batchLimit = 100;
/** A store that takes longer has failed: its late success is a repeat, which the inbox recognises. */
const storeTimeoutMs = 30_000;
/** From then on a batch is stored one by one: perhaps a single message makes it fail. */
const suspiciousFailures = 3;

/** 100 ms, 200 ms … 5 s. Waiting here holds the broker back by the prefetch, keeps the order and counts no redelivery. */
const backOffMs = (failuresInRow: number): number => Math.min(5_000, 50 * 2 ** Math.min(failuresInRow, 10));

/**
 * One batch at a time, over all channels the consumer has had: what is delivered again waits for a store that is still in
 * hand. What cannot be stored stays unacknowledged and is tried again; should the broker lose its patience with
 * that (30 min by default), it closes the channel and delivers it again.
 */
export const createIntakePump = ({ queue, store, clock, logger }: IntakePumpParts): IntakePump => {
  let buffer: readonly Delivery[] = [];
  let working: Promise<void> | undefined;
  let failuresInRow = 0;
  const closing = new AbortController();

  const storeInTime = (messages: readonly unknown[]): Promise<void> =>
    within(Promise.resolve(messages).then(store), {
      clock,
      timeoutMs: storeTimeoutMs,
      late: () => messagingError('publish_timeout', { message: 'Storing took longer than 30 s.' }),
    });

  const work = async (): Promise<void> => {
    while (buffer.length > 0 && !closing.signal.aborted) {
      const batch = buffer.slice(0, batchLimit);
      const round = failuresInRow < suspiciousFailures ? storeTogether : storeOneByOne;
      const { stored, parked, error } = await round(batch, storeInTime);
      for (const delivery of stored) delivery.ack();
      for (const delivery of parked) delivery.park();
      const settled = new Set([...stored, ...parked]);
      buffer = buffer.filter((delivery) => !settled.has(delivery));
      if (parked.length > 0) logger.error({ queue, parked: parked.length }, 'messages that cannot be stored');
      if (error === undefined) failuresInRow = 0;
      else await rest(error);
    }
  };

  const rest = async (error: unknown): Promise<void> => {
    failuresInRow += 1;
    if (failuresInRow % 30 === 1) logger.warn({ queue, err: error, failuresInRow }, 'queue waits');
    await wait(clock, backOffMs(failuresInRow), closing.signal).catch(() => {});
  };

  const start = (): void => {
    working ??= work().finally(() => {
      working = undefined;
      if (buffer.length > 0 && !closing.signal.aborted) start();
    });
  };

  return {
    push: (delivery) => {
      if (closing.signal.aborted) return;
      buffer = [...buffer, delivery];
      start();
    },
    drop: () => {
      buffer = [];
    },
    close: async () => {
      closing.abort();
      await working;
    },
  };
};
