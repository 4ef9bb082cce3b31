import type { ConsumeMessage } from 'amqplib';
import { matchesTopic } from '../src/topic.ts';
import type { Faults } from './faults.ts';
import type { World } from './world.ts';

/** A message in a queue. `place` is its order of arrival, kept when it is delivered again. */
type Message = Readonly<{
  place: number;
  subject: string;
  content: Buffer;
  properties: unknown;
  routingKey: string;
}>;

/** Who consumes a queue: messages are handed over as long as it has room. */
export type QueueReader = Readonly<{
  prefetch: number;
  deliver: (message: ConsumeMessage) => void;
}>;

type Queue = {
  /** Subjects that others overtake, until when. */
  readonly heldUntilMs: Map<string, number>;
  readonly patterns: Map<string, Set<string>>;
  ready: Message[];
  /** The first one is active, the others stand by. */
  readonly readers: { readonly reader: QueueReader; readonly unacked: Map<number, Message> }[];
};

/**
 * RabbitMQ as far as it matters here: topic routing, durable queues with a single active consumer, and a message that is
 * not acknowledged when its consumer goes is delivered again, in its old place. Now and then a message comes twice, or
 * overtakes those of other subjects.
 */
export type Broker = Readonly<{
  assertQueue(name: string): void;
  bind(queue: string, exchange: string, pattern: string): void;
  unbind(queue: string, exchange: string, pattern: string): void;
  hasQueue(name: string): boolean;
  /** Gives whether a queue took it. */
  publish(
    exchange: string,
    message: Readonly<{ routingKey: string; content: Buffer; properties: unknown }>,
  ): boolean;
  put(queue: string, content: Buffer): void;
  get(queue: string): { tag: number; content: Buffer } | undefined;
  read(queue: string, reader: QueueReader): void;
  /** Its consumer is gone: what it has not acknowledged is there again. */
  leave(queue: string, reader: QueueReader): void;
  ack(queue: string, reader: QueueReader, tag: number): void;
  /** Gives the message up: to the dead letters of the broker. */
  park(queue: string, reader: QueueReader, tag: number): void;
  parked(): number;
  /** Until when it answers nobody. */
  awayUntilMs(): number;
  /** Ends all connections and answers nobody for so long; durable queues stay. */
  stop(awayMs: number): void;
  onStop(listener: () => void): void;
}>;

export const createBroker = (world: World, faults: Faults): Broker => {
  const queues = new Map<string, Queue>();
  const listeners: (() => void)[] = [];
  let places = 0;
  let parked = 0;
  let awayUntilMs = 0;

  const queueOf = (name: string): Queue => {
    const known = queues.get(name) ?? { heldUntilMs: new Map(), patterns: new Map(), ready: [], readers: [] };
    queues.set(name, known);
    return known;
  };

  const pump = (queue: Queue): void => {
    const active = queue.readers[0];
    if (active === undefined) return;
    while (queue.ready.length > 0 && active.unacked.size < active.reader.prefetch) {
      const message = queue.ready.shift() as Message;
      active.unacked.set(message.place, message);
      active.reader.deliver({
        content: message.content,
        fields: { deliveryTag: message.place, routingKey: message.routingKey },
        properties: message.properties,
      } as ConsumeMessage);
    }
  };

  /** Order holds within a subject alone; whoever relies on more has to find out. */
  const store = (queue: Queue, message: Message): void => {
    const heldUntilMs = queue.heldUntilMs.get(message.subject) ?? 0;
    const isHeld = !faults.isOver() && world.chance(0.1);
    if (isHeld) faults.note('reorder');
    const untilMs = Math.max(heldUntilMs, isHeld ? world.nowMs() + world.random() * 300 : 0);
    if (untilMs > world.nowMs()) {
      queue.heldUntilMs.set(message.subject, untilMs);
      world.at(untilMs - world.nowMs(), () => arrive(queue, message));
    } else arrive(queue, message);
  };

  const arrive = (queue: Queue, message: Message): void => {
    enqueue(queue, message);
    if (faults.isOver() || !world.chance(0.05)) return;
    faults.note('duplicate');
    world.at(world.random() * 400, () => enqueue(queue, message));
  };

  const enqueue = (queue: Queue, message: Message): void => {
    queue.ready.push({ ...message, place: places++ });
    pump(queue);
  };

  const take = (queue: Queue, reader: QueueReader, tag: number): boolean =>
    queue.readers.find((one) => one.reader === reader)?.unacked.delete(tag) ?? false;

  return {
    assertQueue: (name) => void queueOf(name),
    bind: (queue, exchange, pattern) => {
      const { patterns } = queueOf(queue);
      patterns.set(exchange, new Set([...(patterns.get(exchange) ?? []), pattern]));
    },
    unbind: (queue, exchange, pattern) => void queueOf(queue).patterns.get(exchange)?.delete(pattern),
    hasQueue: (name) => queues.has(name),
    publish: (exchange, { routingKey, content, properties }) => {
      let isTaken = false;
      for (const queue of queues.values()) {
        const patterns = queue.patterns.get(exchange);
        if (![...(patterns ?? [])].some((pattern) => matchesTopic(pattern, routingKey))) continue;
        isTaken = true;
        const { subject } = JSON.parse(content.toString());
        store(queue, { place: 0, subject, content, properties, routingKey });
      }
      return isTaken;
    },
    put: (name, content) =>
      void queueOf(name).ready.push({
        place: places++,
        subject: '',
        content,
        properties: {},
        routingKey: '',
      }),
    get: (name) => {
      const message = queueOf(name).ready.shift();
      return message && { tag: message.place, content: message.content };
    },
    read: (name, reader) => {
      const queue = queueOf(name);
      queue.readers.push({ reader, unacked: new Map() });
      pump(queue);
    },
    leave: (name, reader) => {
      const queue = queueOf(name);
      const at = queue.readers.findIndex((one) => one.reader === reader);
      if (at === -1) return;
      const [left] = queue.readers.splice(at, 1);
      queue.ready = [...(left?.unacked.values() ?? []), ...queue.ready].toSorted((a, b) => a.place - b.place);
      pump(queue);
    },
    ack: (name, reader, tag) => {
      const queue = queueOf(name);
      if (take(queue, reader, tag)) pump(queue);
    },
    park: (name, reader, tag) => {
      const queue = queueOf(name);
      if (take(queue, reader, tag)) parked += 1;
      pump(queue);
    },
    parked: () => parked,
    awayUntilMs: () => awayUntilMs,
    stop: (awayMs) => {
      faults.note('broker away');
      awayUntilMs = world.nowMs() + awayMs;
      for (const listener of listeners.splice(0)) listener();
    },
    onStop: (listener) => void listeners.push(listener),
  };
};
