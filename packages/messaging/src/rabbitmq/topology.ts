import type { Channel, Options } from 'amqplib';

/** Where every event goes, by its routing key `<aggregate>.<event>`. */
export const eventsExchange = 'gatehouse.events';
/** Where an event goes that no queue wants: exchange, and its one queue. */
const unrouted = 'gatehouse.unrouted';
/** Where a message goes that a queue has given up: exchange, and its one queue. */
const deadLetters = 'gatehouse.dead';

/** The last 10 000 events that nobody wanted, at most 64 MiB of them; older ones are dropped. */
const unroutedQueue: Options.AssertQueue = {
  durable: true,
  maxLength: 10_000,
  overflow: 'drop-head',
  arguments: { 'x-queue-type': 'quorum', 'x-max-length-bytes': 64 * 1024 * 1024 },
};

/** Full at 100 000: then the queues that give up keep what they have. */
const deadLetterQueue: Options.AssertQueue = {
  durable: true,
  maxLength: 100_000,
  overflow: 'reject-publish',
  arguments: { 'x-queue-type': 'quorum' },
};

/**
 * A backstop against a message that ends every process that receives it, far above what restarts and lost connections
 * cost: each of those counts one for every message in flight. Attempts are counted in PostgreSQL.
 */
const deliveryLimit = 1_000;

/**
 * Quorum, because what was confirmed must survive a node; a single active consumer, because the order of arrival has to
 * hold with several instances; dead-lettering at least once, which needs `reject-publish` though nothing is ever refused.
 */
const durableQueue: Options.AssertQueue = {
  durable: true,
  deadLetterExchange: deadLetters,
  overflow: 'reject-publish',
  arguments: {
    'x-queue-type': 'quorum',
    'x-single-active-consumer': true,
    'x-delivery-limit': deliveryLimit,
    'x-dead-letter-strategy': 'at-least-once',
  },
};

/** One instance's own: gone with its connection. Old hints are dropped first. */
const ownQueue: Options.AssertQueue = {
  exclusive: true,
  durable: false,
  autoDelete: true,
  maxLength: 10_000,
  overflow: 'drop-head',
};

/** What everybody needs. Declaring what is there already is nothing; declaring it otherwise is refused (406). */
export const assertExchanges = async (channel: Channel): Promise<void> => {
  await channel.assertExchange(unrouted, 'fanout', { durable: true });
  await channel.assertQueue(unrouted, unroutedQueue);
  await channel.bindQueue(unrouted, unrouted, '');
  await channel.assertExchange(deadLetters, 'topic', { durable: true });
  await channel.assertQueue(deadLetters, deadLetterQueue);
  await channel.bindQueue(deadLetters, deadLetters, '#');
  await channel.assertExchange(eventsExchange, 'topic', { durable: true, alternateExchange: unrouted });
};

export const assertDurableQueue = async (channel: Channel, queue: string): Promise<void> => {
  await channel.assertQueue(queue, durableQueue);
};

/** Gives the name the broker chose: two instances must not meet in one. */
export const assertOwnQueue = async (channel: Channel): Promise<string> =>
  (await channel.assertQueue('', ownQueue)).queue;

export const bindPatterns = async (
  channel: Channel,
  queue: string,
  patterns: readonly string[],
): Promise<void> => {
  for (const pattern of patterns) await channel.bindQueue(queue, eventsExchange, pattern);
};

export const unbindPatterns = async (
  channel: Channel,
  queue: string,
  patterns: readonly string[],
): Promise<void> => {
  for (const pattern of patterns) await channel.unbindQueue(queue, eventsExchange, pattern);
};
