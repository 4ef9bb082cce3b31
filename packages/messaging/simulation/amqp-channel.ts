import { EventEmitter } from 'node:events';
import { type ConfirmChannel, type ConsumeMessage, IllegalOperationError } from 'amqplib';
import type { Broker, QueueReader } from './broker.ts';
import type { Fault } from './faults.ts';
import type { Life } from './life.ts';
import type { World } from './world.ts';

export type ChannelParts = Readonly<{
  world: World;
  broker: Broker;
  life: Life;
  /** Its connection. */
  isOpen: () => boolean;
  breakConnection: () => void;
  faults: Readonly<{ draw(point: string, possible: readonly Fault[]): Fault | undefined }>;
}>;

/** What its connection does to a channel. */
export type SimulatedChannel = Readonly<{ channel: ConfirmChannel; close(): void }>;

const gone = (): Error => new Error('Channel closed by the end of its connection');

/**
 * amqplib's confirm channel on the simulated broker, with what the transport uses of it. What is sent arrives in its order;
 * it may be lost with the connection before or after it arrived, its confirm may never come, and the broker may refuse it.
 */
export const openChannel = (parts: ChannelParts): SimulatedChannel => {
  const { world, broker, life, faults } = parts;
  const events = new EventEmitter();
  const pending = new Set<(error: Error) => void>();
  const readers = new Map<string, { reader: QueueReader; queues: string }>();
  const tagQueues = new Map<number, string>();
  let isOpen = true;
  let prefetch = 0;
  let lastArrivalMs = 0;
  let lastDeliveryMs = 0;
  let confirmsOwed = 0;
  let whenConfirmed: (() => void)[] = [];

  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    for (const { reader, queues } of readers.values()) broker.leave(queues, reader);
    for (const fail of pending) fail(gone());
    if (life.isAlive()) events.emit('close');
  };

  /** After what was sent before. */
  const arrives = (run: () => void): void => {
    lastArrivalMs = Math.max(lastArrivalMs, world.nowMs() + world.latencyMs());
    world.at(lastArrivalMs - world.nowMs(), () => {
      if (isOpen && parts.isOpen()) run();
    });
  };

  const ask = async <T>(point: string, act: () => T): Promise<T> => {
    if (!isOpen) throw new IllegalOperationError('Channel closed');
    return life.reach<T>({
      point: `amqp ${point}`,
      faults: ['crash-before', 'crash-after', 'lost-before', 'lost-after', 'slow', 'unanswered'],
      lose: () => {
        parts.breakConnection();
        return gone();
      },
      act: (done, fail) => (isOpen && parts.isOpen() ? done(act()) : fail(gone())),
    });
  };

  const confirmLater = (confirm: (error: Error | null) => void, error: Error | null): void => {
    world.at(world.latencyMs(), () => {
      if (!isOpen || !life.isAlive()) return;
      confirm(error);
    });
  };

  const publish = (
    exchange: string,
    routingKey: string,
    content: Buffer,
    properties: unknown,
    onConfirm: (error: Error | null) => void,
  ): boolean => {
    if (!isOpen) throw new IllegalOperationError('Channel closed');
    const confirm = (error: Error | null): void => {
      if (!pending.delete(fail)) return;
      onConfirm(error);
    };
    const fail = (error: Error): void => {
      pending.delete(fail);
      if (life.isAlive()) onConfirm(error);
    };
    pending.add(fail);
    life.tell('publish', () => {
      const fault = faults.draw('publish', ['lost-before', 'lost-after', 'unanswered', 'refused', 'slow']);
      if (fault === 'slow') lastArrivalMs = Math.max(lastArrivalMs, world.nowMs()) + world.random() * 2_000;
      arrives(() => {
        if (fault === 'lost-before') return parts.breakConnection();
        if (fault === 'refused') return confirmLater(confirm, new Error('message nacked'));
        broker.publish(exchange, { routingKey, content, properties });
        if (fault === 'lost-after') return parts.breakConnection();
        if (fault !== 'unanswered') confirmLater(confirm, null);
      });
    });
    return true;
  };

  const consume = (queue: string, onMessage: (message: ConsumeMessage) => void): void => {
    const reader: QueueReader = {
      prefetch,
      deliver: (message) => {
        tagQueues.set(message.fields.deliveryTag, queue);
        lastDeliveryMs = Math.max(lastDeliveryMs, world.nowMs() + world.latencyMs());
        world.at(lastDeliveryMs - world.nowMs(), () => {
          if (isOpen && life.isAlive()) onMessage(message);
        });
      },
    };
    readers.set(queue, { reader, queues: queue });
    broker.read(queue, reader);
  };

  const answer = (point: string, act: (queue: string, reader: QueueReader, tag: number) => void) => {
    return ({ fields: { deliveryTag } }: ConsumeMessage): void => {
      const read = readers.get(tagQueues.get(deliveryTag) ?? '');
      if (read !== undefined)
        life.tell(point, () => arrives(() => act(read.queues, read.reader, deliveryTag)));
    };
  };

  const methods = {
    assertExchange: (name: string) => ask('assertExchange', () => ({ exchange: name })),
    assertQueue: (name: string) =>
      ask('assertQueue', () => {
        broker.assertQueue(name);
        return { queue: name };
      }),
    bindQueue: (queue: string, exchange: string, pattern: string) =>
      ask('bindQueue', () => broker.bind(queue, exchange, pattern)),
    unbindQueue: (queue: string, exchange: string, pattern: string) =>
      ask('unbindQueue', () => broker.unbind(queue, exchange, pattern)),
    prefetch: (count: number) =>
      ask('prefetch', () => {
        prefetch = count;
      }),
    consume: (queue: string, onMessage: (message: ConsumeMessage) => void) =>
      ask('consume', () => consume(queue, onMessage)),
    get: (queue: string) =>
      ask('get', () => {
        const found = broker.get(queue);
        return found ? { content: found.content, fields: { deliveryTag: found.tag } } : false;
      }),
    sendToQueue: (queue: string, content: Buffer) => {
      confirmsOwed += 1;
      arrives(() => {
        broker.put(queue, content);
        confirmsOwed -= 1;
        if (confirmsOwed === 0) for (const tell of whenConfirmed.splice(0)) tell();
      });
      return true;
    },
    waitForConfirms: async () => {
      if (confirmsOwed === 0) return;
      await new Promise<void>((resolve) => {
        whenConfirmed = [...whenConfirmed, resolve];
      });
    },
    publish,
    ack: answer('ack', broker.ack),
    nack: answer('nack', broker.park),
    close: async () => close(),
  };
  return { channel: Object.assign(events, methods) as unknown as ConfirmChannel, close };
};
