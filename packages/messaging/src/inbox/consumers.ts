import type { CatchUps } from '../catch-up/catch-ups.ts';
import { messagingError } from '../messaging-errors.ts';
import type { Subscription } from '../subscription.ts';
import type { QueueConsumer, StoreBatch, Transport } from '../transport.ts';
import type { Lanes } from './lanes.ts';

/** Who listens here: keeps each subscription's queue and lane in step. */
export type Consumers = Readonly<{
  subscribe(subscription: Subscription): Promise<() => Promise<void>>;
  find(consumer: string): Subscription | undefined;
  names(): readonly string[];
  start(): Promise<void>;
  stop(): Promise<void>;
}>;

type Entry = { readonly subscription: Subscription; queue: QueueConsumer | undefined };

export const createConsumers = (deps: {
  transport: Transport;
  lanes: Lanes;
  intake: (consumer: string) => StoreBatch;
  catchUps: CatchUps;
}): Consumers => {
  const { transport, lanes, intake, catchUps } = deps;
  const entries = new Map<string, Entry>();
  let isRunning = false;

  const connect = async (entry: Entry): Promise<void> => {
    const { consumer, patterns, catchUp } = entry.subscription;
    const queue = await transport.subscribe({ queue: consumer, patterns, store: intake(consumer) });
    entry.queue = queue;
    if (catchUp !== undefined) catchUps.begin(consumer, catchUp, queue.hasQueue);
  };

  const undo = async (entry: Entry): Promise<void> => {
    const { consumer } = entry.subscription;
    if (entries.get(consumer) !== entry) return;
    // Before the queue: without it, a crash in between costs a second reading, the other way round it would cost events.
    if (entry.subscription.catchUp !== undefined) await catchUps.forget(consumer);
    await entry.queue?.remove();
    await lanes.remove(consumer);
    entries.delete(consumer);
  };

  return {
    subscribe: async (subscription) => {
      const { consumer } = subscription;
      if (entries.has(consumer)) throw messagingError('consumer_taken', { details: { consumer } });
      const entry: Entry = { subscription, queue: undefined };
      entries.set(consumer, entry);
      try {
        if (isRunning) await connect(entry);
      } catch (error) {
        entries.delete(consumer);
        throw error;
      }
      lanes.add(consumer);
      return () => undo(entry);
    },
    find: (consumer) => entries.get(consumer)?.subscription,
    names: () => [...entries.keys()],
    start: async () => {
      isRunning = true;
      for (const entry of entries.values()) await connect(entry);
    },
    stop: async () => {
      isRunning = false;
      const caughtUp = catchUps.stop();
      for (const entry of entries.values()) {
        await entry.queue?.close();
        entry.queue = undefined;
      }
      await caughtUp;
    },
  };
};
