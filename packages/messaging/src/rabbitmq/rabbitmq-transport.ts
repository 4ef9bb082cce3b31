import { type Clock, wait } from '@gatehouse/resilience';
import { messagingError } from '../messaging-errors.ts';
import { type MessagingLogger, silentLogger } from '../messaging-logger.ts';
import type { QueueConsumer, QueueSubscription, Transport } from '../transport.ts';
import { parseBrokerAddress } from './broker-address.ts';
import { openBrokerConnection } from './broker-connection.ts';
import { createPublisher } from './publisher.ts';
import { type BrokerConsumer, createBrokerConsumer } from './queue-consumer.ts';

export type RabbitMqOptions = Readonly<{
  /** `amqp://user:password@host:5672/vhost`, or `amqps`. Never logged. */
  url: string;
  clock: Clock;
  logger?: MessagingLogger;
  /** What the broker's own tools call the two connections: `<name> publish`, `<name> consume`. Default `gatehouse`. */
  name?: string;
  /** A silent broker is noticed after two to three of them. Default 5, the least that RabbitMQ recommends. */
  heartbeatSeconds?: number;
  /** Events sent and not confirmed, 50 to 500. Default 200. */
  publishWindow?: number;
  /** For a batch to be confirmed. Default 5 000; with the 3 s for a new channel below the relay's 10 s. */
  confirmTimeoutMs?: number;
}>;

const windowBytes = 8 * 1024 * 1024;
/** A service starts without its broker: so long `subscribe` waits for it. */
const firstAttachMs = 5_000;

/**
 * Events over RabbitMQ (3.10 or later): topic exchange `gatehouse.events`, one durable quorum queue for each subscription,
 * publisher confirms. Connects by itself, for ever; while the broker is away or blocked `publish` rejects at once and
 * nothing is kept here: the outbox is the memory.
 *
 * `subscribe` resolves after 5 s though the broker is away. Until each queue has been there once, nothing is published
 * here, so what this process says cannot pass its own subscriptions by.
 *
 * @throws TypeError when `url` is none
 */
export const createRabbitMqTransport = (options: RabbitMqOptions): Promise<Transport> =>
  createTransportOver(openBrokerConnection, options);

/** The same over connections that somebody else opens. */
export const createTransportOver = async (
  openConnection: typeof openBrokerConnection,
  options: RabbitMqOptions,
): Promise<Transport> => {
  const { clock, logger = silentLogger, name = 'gatehouse' } = options;
  const address = parseBrokerAddress(options.url, options.heartbeatSeconds ?? 5);
  const { server } = address;
  const consumers = new Set<BrokerConsumer>();
  const openedAt = clock.monotonic();
  let isClosed = false;

  const publisher = createPublisher({
    connection: () => publishing,
    server,
    clock,
    logger,
    window: {
      limit: Math.min(500, Math.max(50, options.publishWindow ?? 200)),
      limitBytes: windowBytes,
      timeoutMs: options.confirmTimeoutMs ?? 5_000,
    },
  });
  // Two, because a broker short of disk or memory stops reading from who publishes: acknowledgements must still pass.
  const [publishing, consuming] = await Promise.all([
    openConnection({
      address,
      name: `${name} publish`,
      clock,
      logger,
      onConnect: () => {},
      onBlocked: publisher.block,
    }),
    openConnection({
      address,
      name: `${name} consume`,
      clock,
      logger,
      onConnect: () => {
        for (const consumer of consumers) consumer.wake();
      },
    }),
  ]);

  const inHand = new Set<Promise<unknown>>();
  const track = <T>(work: Promise<T>): Promise<T> => {
    inHand.add(work);
    work.catch(() => {}).finally(() => inHand.delete(work));
    return work;
  };

  const subscribe = async (subscription: QueueSubscription): Promise<QueueConsumer> => {
    if (isClosed) throw messagingError('transport_away');
    const consumer = createBrokerConsumer({
      subscription,
      connection: () => consuming,
      server,
      clock,
      logger,
    });
    consumers.add(consumer);
    const leave = async (): Promise<void> => {
      consumers.delete(consumer);
      await consumer.close();
    };
    consumer.start();
    const patienceMs = consuming.model() ? firstAttachMs : firstAttachMs - (clock.monotonic() - openedAt);
    try {
      await Promise.race([consumer.untilAttached(), wait(clock, Math.max(0, patienceMs))]);
    } catch (error) {
      await leave();
      throw error;
    }
    if (!consumer.hasBeenAttached())
      logger.warn(
        { server, queue: subscription.queue },
        'RabbitMQ is away: subscribed as soon as it is back',
      );
    return {
      hasQueue: consumer.hasBeenAttached,
      close: leave,
      remove: async () => {
        await leave();
        await consumer.deleteQueue();
      },
    };
  };

  return {
    name: 'rabbitmq',
    publish: async (batch) => {
      if (isClosed) throw messagingError('transport_away');
      if ([...consumers].some((consumer) => !consumer.hasBeenAttached())) throw consuming.absence();
      return track(publisher.publish(batch));
    },
    subscribe,
    close: async () => {
      isClosed = true;
      await Promise.all([Promise.allSettled(inHand), ...[...consumers].map((consumer) => consumer.close())]);
      consumers.clear();
      await Promise.all([publishing.close(), consuming.close()]);
    },
  };
};
