import type { EventEnvelope } from '@gatehouse/contracts';
import { isAppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';
import { type ChannelModel, type ConfirmChannel, IllegalOperationError } from 'amqplib';
import { messagingError } from '../messaging-errors.ts';
import type { MessagingLogger } from '../messaging-logger.ts';
import type { PublishResult } from '../transport.ts';
import { within } from '../within.ts';
import { type BrokerConnection, toTransportError } from './broker-connection.ts';
import { type ConfirmWindow, createConfirmWindow, type Outgoing } from './confirm-window.ts';
import { encodeEvent } from './message-codec.ts';
import { assertExchanges, eventsExchange } from './topology.ts';

export type Publisher = Readonly<{
  /** @throws AppError (unavailable) when nothing of the batch could be sent or confirmed */
  publish(batch: readonly EventEnvelope[]): Promise<readonly PublishResult[]>;
  /** The broker takes nothing: what is not confirmed has failed now instead of later. */
  block(reason: string): void;
}>;

export type PublisherParts = Readonly<{
  connection: () => BrokerConnection;
  server: string;
  clock: Clock;
  logger: MessagingLogger;
  window: Readonly<{ limit: number; limitBytes: number; timeoutMs: number }>;
}>;

/** A confirm channel with the exchanges declared. It serves until it breaks, owes a confirm, or gives a message back. */
type Outlet = Readonly<{ model: ChannelModel; channel: ConfirmChannel; window: ConfirmWindow }>;

/** Together with the confirms' own limit below the 10 s that a relay waits. */
const openTimeoutMs = 3_000;

const whole = ['transport_away', 'transport_blocked', 'transport_refused', 'publish_timeout'];

export const createPublisher = (parts: PublisherParts): Publisher => {
  const { connection, server, clock, logger } = parts;
  let current: Outlet | undefined;
  let opening: Promise<Outlet> | undefined;

  const retire = (outlet: Outlet | undefined, reason: string): void => {
    if (outlet === undefined || current !== outlet) return;
    current = undefined;
    logger.warn({ server, reason }, 'publishing goes on over a new channel');
    closeIfDone(outlet);
  };

  /** Others may still wait for its confirms; their own time limit ends that. */
  const closeIfDone = (outlet: Outlet): void => {
    if (current !== outlet && outlet.window.size() === 0) outlet.channel.close().catch(() => {});
  };

  const open = async (model: ChannelModel): Promise<Outlet> => {
    const channel = await model.createConfirmChannel();
    channel.on('error', (error) =>
      logger.warn({ server, reason: error.message }, 'publishing channel broke'),
    );
    await assertExchanges(channel);
    let outlet: Outlet | undefined;
    const window = createConfirmWindow({
      clock,
      ...parts.window,
      onLate: () => retire(outlet, 'a confirm did not come in time'),
    });
    channel.on('close', () => {
      window.fail(messagingError('transport_away'));
      if (current?.channel === channel) current = undefined;
    });
    channel.on('return', ({ properties, fields }) => {
      const message = `No queue takes ${fields.routingKey}: not even ${eventsExchange}'s alternate.`;
      window.returned(String(properties.messageId), messagingError('event_not_taken', { message }));
      // The next one declares what is missing.
      retire(outlet, 'a message came back');
    });
    outlet = { model, channel, window };
    current = outlet;
    return outlet;
  };

  const ready = async (): Promise<Outlet> => {
    const blocked = connection().blockedBecause();
    if (blocked !== undefined) throw blockedError(blocked);
    const model = connection().model();
    if (model === undefined) throw connection().absence();
    if (current?.model === model) return current;
    const late = () => {
      const error = messagingError('transport_away', { message: 'RabbitMQ does not answer.' });
      connection().giveUp(error);
      return error;
    };
    opening ??= within(open(model), { clock, timeoutMs: openTimeoutMs, late })
      .catch((error: unknown) => {
        throw toTransportError(error, server);
      })
      .finally(() => {
        opening = undefined;
      });
    return opening;
  };

  return {
    publish: async (batch) => {
      if (batch.length === 0) return [];
      const outlet = await ready();
      const results = await outlet.window.publish(batch.map((event) => toOutgoing(outlet.channel, event)));
      closeIfDone(outlet);
      const [first] = results;
      const isAway = results.every(
        (result) =>
          result.status === 'failed' && isAppError(result.error) && whole.includes(result.error.code),
      );
      if (isAway && first?.status === 'failed') throw first.error;
      return results;
    },
    block: (reason) => {
      const outlet = current;
      current = undefined;
      outlet?.window.fail(blockedError(reason));
      if (outlet !== undefined) closeIfDone(outlet);
    },
  };
};

const blockedError = (reason: string): Error =>
  messagingError('transport_blocked', { message: `RabbitMQ takes no messages at present: ${reason}.` });

const toOutgoing = (channel: ConfirmChannel, event: EventEnvelope): Outgoing => {
  try {
    const { id, routingKey, content, properties } = encodeEvent(event);
    return {
      id,
      bytes: content.length,
      send: (onConfirm) => {
        try {
          channel.publish(eventsExchange, routingKey, content, properties, (error) =>
            onConfirm(error ? toConfirmError(error) : undefined),
          );
        } catch (error) {
          // The channel is gone, and its `close` has not come through yet.
          throw error instanceof IllegalOperationError
            ? messagingError('transport_away', { cause: error })
            : error;
        }
      },
    };
  } catch (error) {
    const send = () => {
      throw error;
    };
    return { id: event.id, bytes: 0, send };
  }
};

/** amqplib tells the two apart by its message alone. */
const toConfirmError = (error: unknown): Error =>
  error instanceof Error && error.message === 'message nacked'
    ? messagingError('event_not_taken', { cause: error })
    : messagingError('transport_away', { cause: error });
