import { setImmediate as nextTurn } from 'node:timers/promises';
import { isAppError } from '@gatehouse/errors';
import { type Clock, wait } from '@gatehouse/resilience';
import { type ChannelModel, connect, type RecoveringChannelModel } from 'amqplib';
import { messagingError } from '../messaging-errors.ts';
import type { MessagingLogger } from '../messaging-logger.ts';
import type { BrokerAddress } from './broker-address.ts';

/** One connection that is made again whenever it is lost. It holds nothing back for later: while it is away, it says so. */
export type BrokerConnection = Readonly<{
  /** The connection of this moment; `undefined` while there is none. */
  model(): ChannelModel | undefined;
  /** Why the broker takes no messages, from its `blocked` to its `unblocked`. */
  blockedBecause(): string | undefined;
  /** Why there is none: AppError `transport_refused` when trying again cannot help, else `transport_away`. */
  absence(): Error;
  /** The broker does not answer on it: it is ended at once and made anew. */
  giveUp(reason: Error): void;
  /** Ends it within 2 s, politely if the broker still answers. */
  close(): Promise<void>;
}>;

export type BrokerConnectionParts = Readonly<{
  address: BrokerAddress;
  /** Shown by the broker's own tools, such as `posts publish`. */
  name: string;
  clock: Clock;
  logger: MessagingLogger;
  onConnect: (model: ChannelModel) => void;
  onBlocked?: (reason: string) => void;
}>;

/** From the TCP connection to the end of the handshake, counted from the last sign of life. */
const handshakeTimeoutMs = 5_000;
const closeTimeoutMs = 2_000;

/** Resolves when it is connected, or when that has failed for the first time: then it goes on by itself. */
export const openBrokerConnection = async (parts: BrokerConnectionParts): Promise<BrokerConnection> => {
  const { address, name, clock, logger } = parts;
  const details = { server: address.server, connection: name };
  let model: ChannelModel | undefined;
  let blocked: string | undefined;
  let lastError: Error | undefined;
  let failuresInRow = 0;
  const tried = Promise.withResolvers<void>();

  const recovering: RecoveringChannelModel = await connect(address.connect, {
    noDelay: true,
    keepAlive: true,
    timeout: handshakeTimeoutMs,
    clientProperties: { connection_name: name },
    recovery: {
      waitForConnect: false,
      initialDelay: 100,
      maxDelay: 2_000,
      setup: (fresh: ChannelModel) => survive(fresh, clock),
    },
  });
  // What ends a connection comes with `disconnect` too; without a listener it would end the process.
  recovering.on('error', () => {});
  recovering.on('connect', (connected) => {
    model = connected;
    blocked = undefined;
    lastError = undefined;
    failuresInRow = 0;
    logger.info(details, 'connected to RabbitMQ');
    tried.resolve();
    parts.onConnect(connected);
  });
  recovering.on('disconnect', (error) => {
    model = undefined;
    blocked = undefined;
    lastError = error;
    logger.warn({ ...details, reason: error.message }, 'connection to RabbitMQ lost');
  });
  recovering.on('connect-failed', (error) => {
    lastError = error;
    failuresInRow += 1;
    tried.resolve();
    if (failuresInRow % 30 === 1)
      logger.warn({ ...details, reason: error.message, failuresInRow }, 'RabbitMQ cannot be reached');
  });
  recovering.on('blocked', (reason) => {
    blocked = reason;
    logger.warn({ ...details, reason }, 'RabbitMQ takes no messages');
    parts.onBlocked?.(reason);
  });
  recovering.on('unblocked', () => {
    blocked = undefined;
    logger.info(details, 'RabbitMQ takes messages again');
  });

  await tried.promise;
  return {
    model: () => model,
    blockedBecause: () => blocked,
    absence: () => toTransportError(lastError, address.server),
    giveUp: (reason) => {
      if (model !== undefined) socketOf(model)?.destroy(reason);
    },
    close: async () => {
      const last = model;
      model = undefined;
      await Promise.race([recovering.close(), wait(clock, closeTimeoutMs)]);
      if (last !== undefined) destroySocket(last, clock);
    },
  };
};

/**
 * Runs before amqplib listens to a new connection: whatever ends it now would otherwise end the process ('error' without
 * a listener) or, having ended before amqplib looks, never be noticed. Nothing can come between the check and that look:
 * both run before the next event of the socket.
 */
const survive = async (model: ChannelModel, clock: Clock): Promise<void> => {
  let ended: Error | undefined;
  model.on('error', () => {});
  model.on('close', (error) => {
    ended = error ?? messagingError('transport_away');
    destroySocket(model, clock);
  });
  await nextTurn();
  if (ended !== undefined) throw ended;
};

/**
 * amqplib only half-closes the socket of a dead connection; when the other side is silent it stays open for a quarter of an
 * hour and keeps the process alive.
 */
const destroySocket = (model: ChannelModel, clock: Clock): void => {
  // What was still to be written (the last acks, the good-bye) goes out first.
  clock.schedule(100, () => socketOf(model)?.destroy());
};

/** Not part of amqplib's types. */
const socketOf = (model: ChannelModel): { destroy(reason?: Error): void } | undefined =>
  (model.connection as { stream?: { destroy(reason?: Error): void } }).stream;

/** Codes of AMQP that no further attempt will cure: access refused, inequivalent arguments, unknown virtual host. */
const refusals = [403, 406, 530];

/** An error of amqplib as ours. Its messages name queues, exchanges, hosts and ports, never the password. */
export const toTransportError = (error: unknown, server: string): Error => {
  if (isAppError(error)) return error;
  const isRefusal =
    error instanceof Error &&
    (('code' in error && refusals.includes(Number(error.code))) || /\b(?:403|530) \(/.test(error.message));
  return isRefusal
    ? messagingError('transport_refused', {
        message: `RabbitMQ at ${server} refuses: ${error.message}`,
        cause: error,
      })
    : messagingError('transport_away', { cause: error });
};
