import { join } from 'node:path';
import { systemClock } from '@gatehouse/resilience';
import { captureLogger } from '@gatehouse/testing';
import { realServer } from '@gatehouse/testing/servers';
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from 'amqplib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeDurability } from '../durability.contract.ts';
import { describeHints } from '../hints.contract.ts';
import { createInProcessTransport } from '../in-process/in-process-transport.ts';
import { conformanceTable } from '../testing/conformance-table.ts';
import {
  createRecorder,
  eventNamed,
  publishUntilStored,
  type Recorder,
} from '../testing/transport-recorder.ts';
import { describeTransport } from '../transport.contract.ts';
import type { QueueConsumer, Transport } from '../transport.ts';
import { createRabbitMqTransport, type RabbitMqOptions } from './rabbitmq-transport.ts';

const reference = join(import.meta.dirname, '../../../../docs/reference/transports.md');
const rabbitMq = realServer('rabbitmq');
const open = (options: Partial<RabbitMqOptions> = {}): Promise<Transport> =>
  createRabbitMqTransport({ url: rabbitMq.url, clock: systemClock, ...options });

rabbitMq.describe('both adapters of the port', () => {
  describeTransport('in-process', async () => createInProcessTransport());
  describeHints('in-process', async () => createInProcessTransport());
  describeDurability(
    'in-process',
    () => undefined,
    async () => createInProcessTransport(),
  );
  describeTransport('rabbitmq', () => open());
  describeHints('rabbitmq', () => open());
  describeDurability(
    'rabbitmq',
    () => rabbitMq.url,
    () => open(),
  );

  it('do what docs/reference/transports.md says (-u writes it)', async ({ task }) => {
    const page = conformanceTable(task.file, ['in-process', 'rabbitmq']);
    await expect(page).toMatchFileSnapshot(reference);
  });
});

rabbitMq.describe('on the wire', () => {
  let admin: ChannelModel;
  let channel: Channel;
  let transport: Transport;
  let consumers: QueueConsumer[];
  let area: string;

  beforeEach(async () => {
    admin = await connect(rabbitMq.url);
    channel = await admin.createChannel();
    channel.on('error', () => {});
    transport = await open();
    consumers = [];
    area = `w${Date.now().toString(36)}`.replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)] as string);
  });
  afterEach(async () => {
    await Promise.allSettled(consumers.map((consumer) => consumer.remove()));
    await transport.close();
    await admin.close();
  });

  const subscribe = async (patterns: readonly string[], recorder: Recorder, over = transport) => {
    const consumer = await over.subscribe({ queue: `${area}.queue`, patterns, store: recorder.store });
    consumers.push(consumer);
    return consumer;
  };
  /** The first message with this id in a queue that is looked through. */
  const findIn = (queue: string, id: string): Promise<ConsumeMessage> =>
    new Promise((resolve, reject) => {
      channel
        .consume(queue, (message) => {
          if (message?.properties.messageId === id) resolve(message);
        })
        .catch(reject);
    });

  it('an event that nobody wants is stored, and lies where a person can find it', async () => {
    const sent = eventNamed(area, 'created', 'one');
    expect(await transport.publish([sent])).toEqual([{ status: 'stored' }]);

    const found = await findIn('gatehouse.unrouted', sent.id);
    expect(JSON.parse(found.content.toString())).toEqual(sent);
    expect(found.properties).toMatchObject({
      contentType: 'application/cloudevents+json',
      correlationId: sent.correlationid,
      type: sent.type,
      deliveryMode: 2,
    });
  });

  it('a queue is known to be there as soon as it is declared', async () => {
    expect((await subscribe([`${area}.created`], createRecorder())).hasQueue()).toBe(true);
  });

  it('its queue is a quorum queue with a single active consumer, which takes at least 100 messages at once', async () => {
    const gate = Promise.withResolvers<void>();
    const [active, standby] = [createRecorder({ until: gate.promise }), createRecorder()];
    await subscribe([`${area}.*`], active);
    await subscribe([`${area}.*`], standby);
    const sent = Array.from({ length: 300 }, (_, i) => eventNamed(area, 'created', `subject ${i}`));
    await publishUntilStored(transport, sent);
    await active.untilAsked();

    // Declaring it otherwise would be refused.
    await channel.assertQueue(`${area}.queue`, {
      durable: true,
      deadLetterExchange: 'gatehouse.dead',
      overflow: 'reject-publish',
      arguments: {
        'x-queue-type': 'quorum',
        'x-single-active-consumer': true,
        'x-delivery-limit': 1_000,
        'x-dead-letter-strategy': 'at-least-once',
      },
    });
    await expect.poll(async () => (await channel.checkQueue(`${area}.queue`)).messageCount).toBe(100);
    gate.resolve();
    await active.untilReceived(sent[299]?.id);
    expect(standby.received()).toEqual([]);
    expect(active.received().map(({ subject }) => subject)).toEqual(sent.map(({ subject }) => subject));
  });

  it('patterns of a former version are unbound', async () => {
    const [former, now] = [createRecorder(), createRecorder()];
    const leaving = await subscribe([`${area}.created`, `${area}.deleted`], former);
    await leaving.close();
    await subscribe([`${area}.created`, `${area}.updated`], now);
    const sent = ['deleted', 'created', 'updated'].map((name) => eventNamed(area, name, 'one'));
    await publishUntilStored(transport, sent);
    await now.untilReceived(sent[2]?.id);

    expect(now.received()).toEqual(sent.slice(1));
  });

  it('a message that is no event is handed over like any other, and not again', async () => {
    const recorder = createRecorder();
    const handed: unknown[] = [];
    const consumer = await transport.subscribe({
      queue: `${area}.queue`,
      patterns: [`${area}.*`],
      store: async (batch) => {
        handed.push(...batch);
        await recorder.store(batch);
      },
    });
    consumers.push(consumer);
    channel.publish('gatehouse.events', `${area}.created`, Buffer.from('what is this?'));
    const after = eventNamed(area, 'created', 'one');
    await publishUntilStored(transport, [after]);
    await recorder.untilReceived(after.id);

    expect(handed).toEqual([expect.objectContaining({ unreadable: 'what is this?' }), after]);
  });

  it('a message that can never be stored is parked with the dead, and the others pass', async () => {
    const poison = eventNamed(area, 'created', 'poison');
    const recorder = createRecorder();
    consumers.push(
      await transport.subscribe({
        queue: `${area}.queue`,
        patterns: [`${area}.*`],
        store: async (batch) => {
          if (batch.some(({ id }) => id === poison.id)) throw new RangeError('never');
          await recorder.store(batch);
        },
      }),
    );
    const after = eventNamed(area, 'created', 'one');
    await publishUntilStored(transport, [poison, after]);
    await recorder.untilReceived(after.id);

    const dead = await findIn('gatehouse.dead', poison.id);
    expect(dead.properties.headers?.['x-death']?.[0]).toMatchObject({
      queue: `${area}.queue`,
      reason: 'rejected',
    });
    channel.ack(dead);
  });

  it('the order holds when one instance leaves in the middle and another takes over', async () => {
    const other = await open();
    const all: string[] = [];
    const slowly = (recorder: Recorder) => async (batch: Parameters<Recorder['store']>[0]) => {
      await new Promise((resolve) => setImmediate(resolve));
      all.push(...batch.map(({ subject }) => subject));
      await recorder.store(batch);
    };
    const [first, second] = [createRecorder(), createRecorder()];
    const patterns = [`${area}.*`];
    const leaving = await transport.subscribe({ queue: `${area}.queue`, patterns, store: slowly(first) });
    consumers.push(await other.subscribe({ queue: `${area}.queue`, patterns, store: slowly(second) }));
    const sent = Array.from({ length: 1_000 }, (_, i) => eventNamed(area, 'created', String(i)));
    const publishing = publishUntilStored(transport, sent);
    await first.untilReceived(sent[150]?.id);
    await leaving.close();
    await publishing;
    await second.untilReceived(sent[999]?.id);
    await consumers[0]?.remove();
    await other.close();

    // An acknowledgement may be on its way when the channel closes: then the message comes again, which the inbox recognises.
    expect([...new Set(all)]).toEqual(sent.map(({ subject }) => subject));
    expect(first.received().length).toBeGreaterThan(150);
    expect(second.received().length).toBeGreaterThan(0);
  });

  it('a queue that is there with other properties is refused, by name', async () => {
    await channel.assertQueue(`${area}.queue`, { durable: true });
    const subscribing = subscribe([`${area}.*`], createRecorder());

    await expect(subscribing).rejects.toMatchObject({ code: 'transport_refused', kind: 'internal' });
    await channel.deleteQueue(`${area}.queue`);
  });

  it('a wrong password is refused, and neither log nor error has it', async () => {
    const logger = captureLogger();
    const url = new URL(rabbitMq.url);
    url.password = 'wrong-and-secret';
    const stranger = await open({ url: url.href, logger });
    const subscribing = stranger.subscribe({
      queue: `${area}.queue`,
      patterns: ['#'],
      store: async () => {},
    });
    const error: unknown = await subscribing.catch((caught: unknown) => caught);
    const publishing = await stranger
      .publish([eventNamed(area, 'created', 'one')])
      .catch((caught: unknown) => caught);
    await stranger.close();

    expect(error).toMatchObject({ code: 'transport_refused' });
    expect(publishing).toMatchObject({ code: 'transport_refused' });
    expect(JSON.stringify([logger.lines, error, String(error)])).not.toContain('secret');
  });

  it('a broker that is not there keeps nobody from starting, and nothing is held for it', async () => {
    const absent = await open({ url: 'amqp://guest:guest@127.0.0.1:1' });
    const publishing = absent.publish([eventNamed(area, 'created', 'one')]);
    await expect(publishing).rejects.toMatchObject({ code: 'transport_away', kind: 'unavailable' });
    const consumer = await absent.subscribe({
      queue: `${area}.queue`,
      patterns: ['#'],
      store: async () => {},
    });
    expect(consumer.hasQueue()).toBe(false);
    await consumer.close();
    await absent.close();
  });
});
