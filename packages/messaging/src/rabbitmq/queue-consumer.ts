import { eventEnvelope } from '@gatehouse/contracts';
import { type Clock, wait } from '@gatehouse/resilience';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { createLoop } from '../loop.ts';
import { messagingError } from '../messaging-errors.ts';
import type { MessagingLogger } from '../messaging-logger.ts';
import type { QueueSubscription } from '../transport.ts';
import { within } from '../within.ts';
import { type BrokerConnection, toTransportError } from './broker-connection.ts';
import { createIntakePump } from './intake-pump.ts';
import { decodeMessage } from './message-codec.ts';
import { bindExactly, forgetPatterns } from './queue-patterns.ts';
import { assertDurableQueue, assertExchanges, assertOwnQueue, bindPatterns } from './topology.ts';

/** One subscription, attached to its queue again and again: after each loss of connection, channel or queue. */
export type BrokerConsumer = Readonly<{
  start(): void;
  /** There is a connection: attach now. */
  wake(): void;
  /** Whether its queue has existed since `start`: from then on it misses nothing. */
  hasBeenAttached(): boolean;
  /** Resolves when it is attached for the first time; rejects when the broker refuses. */
  untilAttached(): Promise<void>;
  /** Ends it; the batch in hand is stored and acknowledged first. Bounded by the store's time limit. */
  close(): Promise<void>;
  deleteQueue(): Promise<void>;
}>;

export type BrokerConsumerParts = Readonly<{
  subscription: QueueSubscription;
  connection: () => BrokerConnection;
  server: string;
  clock: Clock;
  logger: MessagingLogger;
}>;

/** Two batches: one being stored, one on its way. */
const prefetch = 200;
const attachTimeoutMs = 10_000;
/** So often everything is declared again: somebody may have taken away an exchange, and with it the bindings. */
const lookAfterMs = 30_000;

export const createBrokerConsumer = (parts: BrokerConsumerParts): BrokerConsumer => {
  const { subscription, connection, server, clock, logger } = parts;
  const { queue, patterns, perInstance = false } = subscription;
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => {});
  let hasBeenAttached = false;
  let current: ConfirmChannel | undefined;
  let ownName = '';
  const store = perInstance
    ? storeHints(parts)
    : (subscription.store as (batch: readonly unknown[]) => Promise<void>);
  const pump = createIntakePump({ queue, store, clock, logger });

  const declare = async (channel: ConfirmChannel): Promise<string> => {
    await assertExchanges(channel);
    if (!perInstance) {
      await assertDurableQueue(channel, queue);
      await bindExactly(channel, queue, patterns);
      return queue;
    }
    if (channel !== current) ownName = await assertOwnQueue(channel);
    await bindPatterns(channel, ownName, patterns);
    return ownName;
  };

  const attach = async (model: ChannelModel): Promise<void> => {
    const channel = await model.createConfirmChannel();
    let isOver = false;
    const end = (reason: string): void => {
      if (isOver) return;
      isOver = true;
      if (current === channel) {
        current = undefined;
        pump.drop();
        logger.warn({ queue, reason }, 'queue is subscribed again');
      }
      loop.wake();
    };
    channel.on('error', (error) => end(error.message));
    channel.on('close', () => end('channel closed'));
    try {
      await channel.prefetch(prefetch);
      const name = await declare(channel);
      const answer = (act: () => void): void => {
        if (!isOver) act();
      };
      await channel.consume(name, (message) => {
        if (message === null) {
          end('cancelled by the broker');
          channel.close().catch(() => {});
          return;
        }
        if (isOver) return;
        pump.push({
          message: decodeMessage(message),
          ack: () => answer(() => channel.ack(message)),
          park: () => answer(() => channel.nack(message, false, false)),
        });
      });
      if (isOver) throw messagingError('transport_away');
      current = channel;
    } catch (error) {
      isOver = true;
      pump.drop();
      channel.close().catch(() => {});
      throw error;
    }
  };

  const inTime = (work: Promise<void>): Promise<void> =>
    within(work, {
      clock,
      timeoutMs: attachTimeoutMs,
      late: () => messagingError('transport_away', { message: `RabbitMQ does not answer about ${queue}.` }),
    });

  const loop = createLoop({
    clock,
    intervalMs: () => lookAfterMs,
    task: async () => {
      try {
        const model = connection().model();
        if (model === undefined) throw connection().absence();
        if (current === undefined) await inTime(attach(model));
        else await inTime(declare(current).then(() => {}));
        hasBeenAttached = true;
        first.resolve();
      } catch (error) {
        throw toTransportError(error, server);
      }
      return undefined;
    },
    onError: (error, errorsInRow) => {
      if (error instanceof Error && 'code' in error && error.code === 'transport_refused')
        first.reject(error);
      if (errorsInRow % 60 === 1)
        logger.warn({ queue, err: error, errorsInRow }, 'queue cannot be subscribed');
    },
  });

  return {
    start: loop.start,
    wake: loop.wake,
    hasBeenAttached: () => hasBeenAttached,
    untilAttached: () => first.promise,
    close: async () => {
      const stopped = loop.stop();
      // Not cancelled first: the next consumer would get what comes after that which is still unacknowledged here.
      await pump.close();
      await stopped;
      const channel = current;
      current = undefined;
      await Promise.race([channel?.close().catch(() => {}), wait(clock, 2_000)]);
    },
    deleteQueue: async () => {
      const model = connection().model();
      if (model === undefined) throw connection().absence();
      const erase = async (): Promise<void> => {
        const channel = await model.createConfirmChannel();
        channel.on('error', () => {});
        await channel.deleteQueue(queue);
        await forgetPatterns(channel, queue);
        await channel.close();
      };
      if (!perInstance) await inTime(erase());
    },
  };
};

/** Only events, and whatever becomes of them: a hint that is lost costs its receiver a look of its own. */
const storeHints =
  ({ subscription, logger }: BrokerConsumerParts) =>
  async (batch: readonly unknown[]): Promise<void> => {
    const events = batch.flatMap((message) => {
      const parsed = eventEnvelope.safeParse(message);
      return parsed.success ? [parsed.data] : [];
    });
    await subscription.store(events).catch((error: unknown) => {
      logger.warn({ queue: subscription.queue, err: error }, 'hints lost');
    });
  };
