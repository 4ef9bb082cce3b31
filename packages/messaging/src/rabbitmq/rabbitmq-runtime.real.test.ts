import { PostDeleted, randomIds } from '@gatehouse/contracts';
import { systemClock } from '@gatehouse/resilience';
import { type RabbitMq, realServer, startRabbitMq } from '@gatehouse/testing/servers';
import { connect } from 'amqplib';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Messaging } from '../messaging.ts';
import { createSubscription, on } from '../subscription.ts';
import { openTestService, postId, type TestService } from '../testing/open-test-service.ts';
import type { Transport } from '../transport.ts';
import { createRabbitMqTransport } from './rabbitmq-transport.ts';

realServer('rabbitmq').describe('outbox, RabbitMQ, inbox, effect', () => {
  /** Its own: on the one that all tests share it would hear of the same events of others. */
  let rabbitMq: RabbitMq;
  let transports: Transport[];
  let service: TestService;
  let consumer: string;
  let undo: (() => Promise<void>)[];

  const openTransport = async (): Promise<Transport> => {
    const transport = await createRabbitMqTransport({ url: rabbitMq.url, clock: systemClock });
    transports.push(transport);
    return transport;
  };
  beforeAll(async () => {
    rabbitMq = await startRabbitMq();
  });
  afterAll(() => rabbitMq?.dispose());
  beforeEach(async () => {
    transports = [];
    undo = [];
    consumer = `posts.runtime-${randomIds.next()}`;
    service = await openTestService('posts', { transport: await openTransport() });
  });
  afterEach(async () => {
    await Promise.all(undo.map((take) => take()));
    await service.close();
    await Promise.all(transports.map((transport) => transport.close()));
  });

  /** Writes down what it got; `fail` decides by the version. */
  const listen = async (messaging: Messaging, fail: (version: number) => boolean = () => false) => {
    const subscription = createSubscription({
      consumer,
      handlers: [
        on(PostDeleted, async (event, tx) => {
          await sql`insert into effects (event_id, label)
            values (${event.id}, ${`${event.subject.at(-1)}:${event.aggregateversion}`})`.execute(tx);
          if (fail(event.aggregateversion)) throw new RangeError('not today');
        }),
      ],
    });
    undo.push(await messaging.subscribe(subscription));
  };
  const labels = async () => (await service.effects()).map(({ label }) => label);
  const untilEffects = (count: number) =>
    expect.poll(async () => (await labels()).length, { timeout: 60_000 }).toBe(count);

  it('three instances with connections of their own share the work: every event once, each subject in order', async () => {
    const others = [
      service.addInstance({ transport: await openTransport() }),
      service.addInstance({ transport: await openTransport() }),
    ];
    for (const messaging of [service.messaging, ...others]) {
      await listen(messaging);
      await messaging.start();
    }
    for (let version = 1; version <= 60; version++)
      for (let post = 1; post <= 5; post++) await service.say(postId(post), version);
    await untilEffects(300);

    const done = await labels();
    for (let post = 1; post <= 5; post++) {
      expect(done.filter((label) => label.startsWith(`${post}:`))).toEqual(
        Array.from({ length: 60 }, (_, i) => `${post}:${i + 1}`),
      );
    }
    // The queue is one: taking it away from one instance would take it from all.
    undo.splice(1);
  });

  it('a handler that fails has its message tried again, from PostgreSQL and not from the broker', async () => {
    let failures = 3;
    await listen(service.messaging, () => failures-- > 0);
    await service.messaging.start();
    await service.say(postId(1), 1);
    await service.say(postId(1), 2);
    await untilEffects(2);

    expect(await labels()).toEqual(['1:1', '1:2']);
  });

  it('a message that is no event is a dead letter at once, as it came, and what follows passes', async () => {
    await listen(service.messaging);
    await service.messaging.start();
    const stranger = await connect(rabbitMq.url);
    const channel = await stranger.createConfirmChannel();
    channel.publish('gatehouse.events', 'post.deleted', Buffer.from('{"no": "event"}'));
    channel.publish('gatehouse.events', 'post.deleted', Buffer.from([0xff, 0x00]));
    await channel.waitForConfirms();
    await stranger.close();
    await service.say(postId(1), 1);
    await untilEffects(1);

    const letters = await service.messaging.deadLetters.list();
    expect(letters.map(({ raw }) => raw)).toEqual([
      expect.objectContaining({ unreadable: '/wA=', encoding: 'base64' }),
      { no: 'event' },
    ]);
    expect(letters[0]).toMatchObject({ consumer, error: { code: 'event_unreadable' } });
  });
});
