import { type EventEnvelope, parseEventType } from '@gatehouse/contracts';
import { type Clock, systemClock } from '@gatehouse/resilience';
import { messagingError } from '../messaging-errors.ts';
import type { PublishResult, QueueConsumer, QueueSubscription, StoreBatch, Transport } from '../transport.ts';
import { createDeliveryMarks, type DeliveryMarks } from './delivery-marks.ts';
import { createQueue, type Queue } from './queue.ts';

export type InProcessTransport = Transport &
  Readonly<{
    /** Ends `held`: from now on events go out. Again is nothing. */
    open(): void;
  }>;

/**
 * Hands events to the subscriptions of the same process. A message counts as `stored` once every matching queue has stored
 * it; if one fails, publishing again reaches only those that lack it. Nothing is kept here: what is not stored stays in the
 * outbox it came from, which makes this as durable as a broker.
 *
 * Queues are known from the first `subscribe` on, so start with `held: true` and `open()` it when every service has
 * subscribed: until then publishing waits, instead of passing events by those who are still starting.
 */
export const createInProcessTransport = (
  options: { held?: boolean; clock?: Clock } = {},
): InProcessTransport => {
  const queues = new Map<string, Queue>();
  const marks = createDeliveryMarks();
  const opened = Promise.withResolvers<void>();
  let state: 'held' | 'open' | 'closed' = options.held === true ? 'held' : 'open';
  let ownQueues = 0;

  const subscribe = async (subscription: QueueSubscription): Promise<QueueConsumer> => {
    if (state === 'closed') throw messagingError('transport_away');
    const { perInstance = false } = subscription;
    const name = perInstance ? `${subscription.queue} ${++ownQueues}` : subscription.queue;
    const queue = queues.get(name) ?? createQueue(options.clock ?? systemClock);
    queues.set(name, queue);
    const leave = queue.join(perInstance ? { ...subscription, store: forHints(subscription) } : subscription);
    const remove = async (): Promise<void> => {
      queues.delete(name);
      await leave();
    };
    return { hasQueue: () => true, close: perInstance ? remove : leave, remove };
  };

  const publish = async (batch: readonly EventEnvelope[]): Promise<readonly PublishResult[]> => {
    if (state === 'held') await opened.promise;
    if (state === 'closed') throw messagingError('transport_away');
    const errors = new Map<string, unknown>();
    const deliveries = [...queues].map(([name, queue]) => deliver({ name, queue, batch, marks, errors }));
    await Promise.all(deliveries);
    return batch.map(({ id }): PublishResult => {
      if (errors.has(id)) return { status: 'failed', error: errors.get(id) };
      marks.forget(id);
      return { status: 'stored' };
    });
  };

  return {
    name: 'in-process',
    publish,
    subscribe,
    open: () => {
      if (state === 'held') state = 'open';
      opened.resolve();
    },
    close: async () => {
      state = 'closed';
      opened.resolve();
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
};

/** Whoever only hints holds no event back. */
const forHints =
  ({ store }: QueueSubscription): StoreBatch =>
  (batch) =>
    store(batch).catch(() => {});

type Delivery = Readonly<{
  name: string;
  queue: Queue;
  batch: readonly EventEnvelope[];
  marks: DeliveryMarks;
  errors: Map<string, unknown>;
}>;

/** A broker's limit for one hand-over, and the inbox's for one transaction. */
const batchLimit = 100;

const deliver = async ({ name, queue, batch, marks, errors }: Delivery): Promise<void> => {
  const wanted = batch.filter((event) => queue.wants(routingKeyOf(event)) && !marks.has(event.id, name));
  for (let start = 0; start < wanted.length; start += batchLimit) {
    const part = wanted.slice(start, start + batchLimit);
    try {
      await queue.store(part);
      for (const event of part) marks.add(event.id, name);
    } catch (error) {
      // The rest fails too: storing it would let later messages overtake these.
      for (const event of wanted.slice(start)) errors.set(event.id, error);
      return;
    }
  }
};

const routingKeyOf = (event: EventEnvelope): string => parseEventType(event.type).routingKey;
