import type { EventEnvelope } from '@gatehouse/contracts';
import type { Clock } from '@gatehouse/resilience';
import { messagingError } from '../messaging-errors.ts';
import { matchesTopic } from '../topic.ts';
import type { QueueSubscription, StoreBatch } from '../transport.ts';
import { within } from '../within.ts';

/** A named queue: its consumers compete, and it stays when the last one leaves. */
export type Queue = Readonly<{
  wants(routingKey: string): boolean;
  /** Hands the batch to one consumer. Rejects as unavailable when there is none. */
  store(batch: readonly EventEnvelope[]): Promise<void>;
  /** Adds a consumer; the result takes it away and resolves when the batches in its hands are done. */
  join(subscription: QueueSubscription): () => Promise<void>;
  close(): Promise<void>;
}>;

type Consumer = { store: StoreBatch; inHand: Set<Promise<unknown>> };

/** So that one queue that hangs holds back nobody else's events. Its late success is a repeat, which the inbox recognises. */
const storeTimeoutMs = 5_000;

export const createQueue = (clock: Clock): Queue => {
  const consumers: Consumer[] = [];
  let patterns: readonly string[] = [];
  let turn = 0;

  const leave = async (consumer: Consumer): Promise<void> => {
    const place = consumers.indexOf(consumer);
    if (place !== -1) consumers.splice(place, 1);
    await Promise.allSettled(consumer.inHand);
  };

  return {
    wants: (routingKey) => patterns.some((pattern) => matchesTopic(pattern, routingKey)),
    join: (subscription) => {
      patterns = subscription.patterns;
      const consumer: Consumer = { store: subscription.store, inHand: new Set() };
      consumers.push(consumer);
      return () => leave(consumer);
    },
    store: async (batch) => {
      const consumer = consumers[turn++ % Math.max(consumers.length, 1)];
      if (consumer === undefined)
        throw messagingError('transport_away', { message: 'Nobody consumes the queue.' });
      // Its own copy, as from a wire: what one subscription does to a message no other one sees.
      const stored = Promise.resolve(structuredClone(batch)).then(consumer.store);
      consumer.inHand.add(stored);
      stored.catch(() => {}).finally(() => consumer.inHand.delete(stored));
      await within(stored, {
        clock,
        timeoutMs: storeTimeoutMs,
        late: () => messagingError('publish_timeout'),
      });
    },
    close: async () => {
      await Promise.all([...consumers].map(leave));
    },
  };
};
