import { PostDeleted } from '@gatehouse/contracts';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Messaging, MessagingDeps } from '../messaging.ts';
import { createSubscription, on } from '../subscription.ts';
import { openTestService, postDeleted, postId, type TestService } from '../testing/open-test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await openTestService('posts');
});
afterEach(() => service.close());

const labels = async () => (await service.effects()).map(({ label }) => label);
const recorder = () =>
  createSubscription({
    consumer: 'posts.recorder',
    handlers: [
      on(PostDeleted, async (event, tx) => {
        await sql`insert into effects (event_id, label)
          values (${event.id}, ${`${event.subject.at(-1)}:${event.aggregateversion}`})`.execute(tx);
      }),
    ],
  });
const openInstance = async (settings: Partial<MessagingDeps> = {}): Promise<Messaging> => {
  const instance = service.addInstance(settings);
  await instance.subscribe(recorder());
  return instance;
};
const roles = async (instances: readonly Messaging[]) =>
  (await Promise.all(instances.map((one) => one.status()))).map(({ relay }) => relay).sort();
/** Who holds the locks of the relays, by the name of its connection. */
const locks = async (): Promise<readonly string[]> => {
  const { rows } = await sql<{ name: string }>`
    select a.application_name as name from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory' and a.datname = current_database() order by name`.execute(service.db);
  return rows.map(({ name }) => name);
};
const untilEffects = (count: number) =>
  expect.poll(async () => (await labels()).length, { timeout: 10_000 }).toBe(count);
const inOrder = (subject: number, versions: number): readonly string[] =>
  Array.from({ length: versions }, (_, i) => `${subject}:${i + 1}`);

describe('one active relay per partition (session advisory lock with a heartbeat), several partitions', () => {
  it('each partition is one lock, all of one instance or of several, and none is without a relay', async () => {
    const instances = [
      await openInstance({ partitions: 3 }),
      await openInstance({ partitions: 3 }),
      await openInstance({ partitions: 3 }),
    ];
    await Promise.all(instances.map((instance) => instance.start()));
    await expect
      .poll(locks)
      .toEqual(['1/3', '2/3', '3/3'].map((name) => `gatehouse lock: messaging relay posts ${name}`));

    for (let version = 1; version <= 15; version++)
      for (let post = 1; post <= 5; post++) await service.say(postId(post), version);
    await untilEffects(75);
    const done = await labels();
    for (let post = 1; post <= 5; post++)
      expect(done.filter((label) => label.startsWith(`${post}:`))).toEqual(inOrder(post, 15));
  });

  it('a subject is in one partition, whatever its characters', async () => {
    const instance = await openInstance({ partitions: 5 });
    const subjects = Array.from({ length: 40 }, (_, n) => `sübject ${n} ${'x'.repeat(n)}`);
    await service.transact((tx) =>
      service.messaging.outbox.append(
        tx,
        subjects.map((subject) => ({ ...postDeleted(postId(1), 1), aggregateId: subject })),
      ),
    );
    await instance.start();
    await untilEffects(40);
    expect((await service.effects()).length).toBe(40);
  });

  it('instances that divide the outbox differently send twice and still in order', async () => {
    const instances = [await openInstance({ partitions: 1 }), await openInstance({ partitions: 3 })];
    for (let version = 1; version <= 20; version++)
      for (let post = 1; post <= 4; post++) await service.say(postId(post), version);
    await Promise.all(instances.map((instance) => instance.start()));
    await untilEffects(80);

    expect(await locks()).toHaveLength(4);
    const done = await labels();
    for (let post = 1; post <= 4; post++)
      expect(done.filter((label) => label.startsWith(`${post}:`))).toEqual(inOrder(post, 20));
  });

  it('what an ended instance was active in is taken over', async () => {
    const [first, second] = [await openInstance(), await openInstance()];
    await first.start();
    await expect.poll(async () => (await locks()).length).toBe(2);
    await second.start();
    expect(await roles([first, second])).toEqual(['active', 'standby']);
    await first.stop();
    await service.say(postId(1), 1);
    await untilEffects(1);

    expect(await roles([first, second])).toEqual(['active', 'stopped']);
  });

  it('a lock that is lost with its connection is taken again', async () => {
    const instance = await openInstance();
    await instance.start();
    await expect.poll(async () => (await locks()).length).toBe(2);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name like 'gatehouse lock%'`.execute(service.db);
    await expect
      .poll(() => service.logger.lines)
      .toContainEqual(expect.objectContaining({ msg: 'relay lost its lock' }));
    await service.say(postId(1), 1);
    await untilEffects(1);
  });
});

describe('`NOTIFY` is a hint too; polling is the guarantee', () => {
  it('a relay whose listener is gone sends all the same', async () => {
    const instance = await openInstance({ notify: true });
    await instance.start();
    await expect.poll(async () => (await instance.status()).relay).toBe('active');
    const endListener = () =>
      sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query like 'listen%'`.execute(service.db);
    for (let version = 1; version <= 5; version++) {
      await endListener();
      await service.say(postId(1), version);
    }
    await untilEffects(5);
    expect(await labels()).toEqual(inOrder(1, 5));
  });
});

describe('a long write transaction is named', () => {
  it('in the status, with its process and since when; a short one and one that only reads are not', async () => {
    const { messaging } = service;
    const hold = (pause: number) =>
      service.transact(async (tx) => {
        await messaging.outbox.append(tx, [postDeleted(postId(1), 1)]);
        await sql`select pg_sleep(${pause})`.execute(tx);
      });
    const reading = service.db.connection().execute(async (db) => {
      await sql`begin`.execute(db);
      await sql`select count(*), pg_sleep(6) from outbox`.execute(db);
      await sql`commit`.execute(db);
    });
    const writing = hold(6);
    expect((await messaging.status()).outbox).not.toHaveProperty('stalledBy');
    await expect
      .poll(async () => (await messaging.status()).outbox.stalledBy, { timeout: 6_000, interval: 100 })
      .toEqual({ pid: expect.any(Number), application: 'posts', since: expect.stringMatching(/Z$/) });
    await Promise.all([reading, writing]);
    expect((await messaging.status()).outbox).toEqual({
      unsent: 1,
      held: 0,
      oldestSeconds: expect.any(Number),
    });
  });
});
