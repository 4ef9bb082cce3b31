import { eventEnvelope } from '@gatehouse/contracts';
import { isAppError } from '@gatehouse/errors';
import { type Clock, wait } from '@gatehouse/resilience';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { createLoop } from '../loop.ts';
import { messagingError } from '../messaging-errors.ts';
import type { MessagingLogger } from '../messaging-logger.ts';
import type { QueueSubscription } from '../transport.ts';
import { within } from '../within.ts';
import { type Attachment, attach } from './attachment.ts';
import { type BrokerConnection, toTransportError } from './broker-connection.ts';
import { createIntakePump } from './intake-pump.ts';
import { forgetPatterns, unbindFormerPatterns } from './queue-patterns.ts';

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

const attachTimeoutMs = 10_000;
const tidyTimeoutMs = 3_000;
const closeTimeoutMs = 2_000;
const lookAfterMs = 30_000;

/**
 * detached → (connected, woken, back-off) → attaching → attached → (connection, channel or queue lost) → detached; attaching →
 * (refused, no answer) → detached. One that gets no answer in time takes its connection with it: a channel that hangs
 * cannot be closed.
 */
export const createBrokerConsumer = (parts: BrokerConsumerParts): BrokerConsumer => {
  const { subscription, connection, server, clock, logger } = parts;
  const { queue, patterns, perInstance = false } = subscription;
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => {});
  let hasBeenAttached = false;
  let attachment: Attachment | undefined;
  const pump = createIntakePump({ queue, store: storeOf(parts), clock, logger });

  const inTime = <T>(work: Promise<T>, timeoutMs: number, onLate: (error: Error) => void): Promise<T> => {
    const message = `RabbitMQ does not answer about ${queue}.`;
    const late = () => {
      const error = messagingError('transport_away', { message });
      onLate(error);
      return error;
    };
    return within(work, { clock, timeoutMs, late });
  };

  const attachTo = async (model: ChannelModel): Promise<void> => {
    const abandoned = new AbortController();
    const onEnd = (reason: string): void => {
      attachment = undefined;
      pump.drop();
      logger.warn({ queue, reason }, 'subscription lost');
      loop.wake();
    };
    const attaching = attach({ model, subscription, onDelivery: pump.push, onEnd }, abandoned.signal);
    attaching.catch(pump.drop);
    attachment = await inTime(attaching, attachTimeoutMs, (error) => {
      abandoned.abort();
      connection().giveUp(error);
    });
    logger.info({ queue }, 'subscribed');
    if (!perInstance) await tidy(model).catch((error) => logger.warn({ queue, err: error }, 'not tidied'));
  };

  const tidy = (model: ChannelModel): Promise<void> => {
    const work = onOwnChannel(model, (channel) => unbindFormerPatterns(channel, queue, patterns));
    return inTime(work, tidyTimeoutMs, () => {});
  };

  const loop = createLoop({
    clock,
    intervalMs: () => lookAfterMs,
    task: async () => {
      try {
        const model = connection().model();
        if (model === undefined) throw connection().absence();
        if (attachment === undefined) await attachTo(model);
        else await inTime(attachment.declareAgain(), attachTimeoutMs, connection().giveUp);
      } catch (error) {
        throw toTransportError(error, server);
      }
      hasBeenAttached = true;
      first.resolve();
      return undefined;
    },
    onError: (error, errorsInRow) => {
      if (isAppError(error) && error.code === 'transport_refused') first.reject(error);
      if (errorsInRow % 60 === 2) logger.warn({ queue, err: error, errorsInRow }, 'cannot subscribe');
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
      await Promise.race([attachment?.close(), wait(clock, closeTimeoutMs)]);
    },
    deleteQueue: async () => {
      if (perInstance) return;
      const model = connection().model();
      if (model === undefined) throw connection().absence();
      const erasing = onOwnChannel(model, async (channel) => {
        await channel.deleteQueue(queue);
        await forgetPatterns(channel, queue);
      });
      await inTime(erasing, attachTimeoutMs, () => {});
    },
  };
};

/** So that what the broker refuses costs nobody else a channel. */
const onOwnChannel = async (
  model: ChannelModel,
  work: (channel: ConfirmChannel) => Promise<void>,
): Promise<void> => {
  const channel = await model.createConfirmChannel();
  channel.on('error', () => {});
  try {
    await work(channel);
  } finally {
    channel.close().catch(() => {});
  }
};

type Store = (messages: readonly unknown[]) => Promise<void>;

const storeOf = ({ subscription, logger }: BrokerConsumerParts): Store => {
  const { queue, store, perInstance = false } = subscription;
  // The inbox checks what it is given, and makes a dead letter of what is no event.
  if (!perInstance) return store as Store;
  // Only events, and whatever becomes of them: a hint that is lost costs its receiver a look of its own.
  return async (messages) => {
    const events = messages.flatMap((message) => {
      const parsed = eventEnvelope.safeParse(message);
      return parsed.success ? [parsed.data] : [];
    });
    await store(events).catch((error: unknown) => logger.warn({ queue, err: error }, 'hints lost'));
  };
};
