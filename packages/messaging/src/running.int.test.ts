import { PostDeleted } from '@gatehouse/contracts';
import { createManualClock } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInContext } from './message-context.ts';
import { purge } from './purge.ts';
import { createSubscription, on, onMatching } from './subscription.ts';
import { openTestService, postDeleted, postId, type TestService } from './testing/open-test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await openTestService('posts');
});
afterEach(() => service.close());

const counting = (consumer: string) =>
  createSubscription({
    consumer,
    handlers: [
      on(PostDeleted, async (event, tx) => {
        await sql`insert into effects (event_id, label) values (${event.id}, ${consumer})`.execute(tx);
      }),
    ],
  });
const labels = async () => (await service.effects()).map(({ label }) => label);

describe('a subscription that comes and goes while everything runs', () => {
  it('gets what is said between, and its stored messages wait for it', async () => {
    await service.messaging.start();
    await service.say(postId(1), 1);
    await service.messaging.whenIdle();
    const leave = await service.messaging.subscribe(counting('posts.plugin'));
    await service.say(postId(1), 2);
    await service.messaging.whenIdle();
    await leave();
    await service.say(postId(1), 3);
    await service.messaging.whenIdle();
    expect(await labels()).toEqual(['posts.plugin']);

    await sql`update inbox set state = 'pending', settled_at = null`.execute(service.db);
    await service.messaging.whenIdle();
    expect(await labels()).toHaveLength(1);
    await service.messaging.subscribe(counting('posts.plugin'));
    await service.messaging.whenIdle();
    expect(await labels()).toHaveLength(2);
  });

  it('has a name of its own', async () => {
    await service.messaging.subscribe(counting('posts.plugin'));
    await expect(service.messaging.subscribe(counting('posts.plugin'))).rejects.toMatchObject({
      code: 'consumer_taken',
    });
  });

  it('may listen to whatever matches a pattern', async () => {
    const seen: string[] = [];
    await service.messaging.subscribe(
      createSubscription({
        consumer: 'posts.watcher',
        handlers: [onMatching('*.deleted', async ({ type }) => void seen.push(type))],
      }),
    );
    await service.messaging.start();
    await service.say(postId(1), 1);
    await service.messaging.whenIdle();

    expect(seen).toEqual([PostDeleted.type]);
  });
});

describe('stopping', () => {
  it('leaves nothing running, and a later start goes on', async () => {
    const clock = createManualClock();
    const quiet = service.addInstance({ clock });
    await quiet.subscribe(counting('posts.quiet'));
    await quiet.start();
    await expect.poll(async () => (await quiet.status()).relay).toBe('active');
    await quiet.stop();
    expect((await quiet.status()).relay).toBe('stopped');
    expect(clock.pending()).toBe(0);

    await service.say(postId(1), 1);
    await quiet.start();
    await quiet.whenIdle();
    expect(await labels()).toEqual(['posts.quiet']);
  });
});

describe('a commit on an instance that stands by', () => {
  it('wakes the active relay by NOTIFY, without its poll', async () => {
    const active = service.addInstance({ clock: createManualClock(), notify: true });
    await active.start();
    await expect.poll(async () => (await active.status()).relay).toBe('active');
    const standby = service.addInstance({ notify: true });
    await expect
      .poll(async () => {
        const { rows } = await sql`
          select 1 from pg_stat_activity
          where datname = current_database() and query like 'listen%'`.execute(service.db);
        return rows.length;
      })
      .toBe(1);

    await service.transact((tx) => standby.outbox.append(tx, [postDeleted(postId(1), 1)]));
    standby.hint();
    await expect.poll(async () => (await active.status()).outbox.unsent).toBe(0);
  });
});

describe('the history', () => {
  it('is filtered by part of the type, time and correlation, newest first', async () => {
    await runInContext({ correlationId: 'request-1' }, () => service.say(postId(1), 1));
    await service.say(postId(1), 2);
    const { history } = service.messaging;
    const versions = async (query: Parameters<typeof history.list>[0]) =>
      (await history.list(query)).map(({ aggregateVersion }) => aggregateVersion);

    expect(await versions({})).toEqual([2, 1]);
    expect(await versions({ type: 'DELETED' })).toEqual([2, 1]);
    expect(await versions({ type: 'post_deleted' })).toEqual([]);
    expect(await versions({ correlationId: 'request-1' })).toEqual([1]);
    expect(await versions({ since: '2000-01-01T00:00:00Z' })).toEqual([2, 1]);
    expect(await versions({ since: '2999-01-01T00:00:00Z' })).toEqual([]);
    expect(await versions({ limit: 1 })).toEqual([2]);
    const [newest] = await history.list({ limit: 1 });
    expect(newest).toMatchObject({ service: 'posts', subject: postId(1), correlationId: newest?.id });
    expect(newest).not.toHaveProperty('sentAt');
  });
});

describe('purging', () => {
  it('removes what is over and old, never the last 1 000 events nor anything open', async () => {
    await sql`
      insert into outbox (event_id, type, subject, aggregate_version, time, correlation_id, data, sent_at)
      select 'old ' || n, 'gatehouse.post.deleted.v1', 'one', n, now(), 'c', '{}', now() - interval '8 days'
      from generate_series(1, 1700) n`.execute(service.db);
    await sql`
      insert into outbox (event_id, type, subject, aggregate_version, time, correlation_id, data, written_at)
      values ('unsent', 'gatehouse.post.deleted.v1', 'two', 1, now(), 'c', '{}', now() - interval '8 days')`.execute(
      service.db,
    );
    await sql`
      insert into inbox (consumer, event_id, key, aggregate_version, event, state, received_at, settled_at)
      select 'posts.a', state || days, 'one', 1, '{}', state, now() - days * interval '1 day',
        now() - days * interval '1 day'
      from unnest(array['pending', 'done', 'dead']) state, unnest(array[6, 8]) days`.execute(service.db);

    expect(await purge(service.db, () => true)).toBe(701 + 2);
    const { rows } = await sql`
      select (select count(*)::int from outbox) as events, (select count(*)::int from inbox) as messages,
        (select count(*)::int from outbox where event_id = 'unsent') as unsent`.execute(service.db);
    expect(rows).toEqual([{ events: 1000, messages: 4, unsent: 1 }]);
  });

  it('stops when it is told to', async () => {
    expect(await purge(service.db, () => false)).toBe(0);
  });
});

describe('the search for unsent events', () => {
  it('uses the index of the unsent alone, however long the log is', async () => {
    await sql`
      insert into outbox (event_id, type, subject, aggregate_version, time, correlation_id, data, sent_at)
      select 'sent ' || n, 'gatehouse.post.deleted.v1', 'one', n, now(), 'c', '{}', now()
      from generate_series(1, 5000) n`.execute(service.db);
    await sql`analyze outbox`.execute(service.db);
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      explain select position from outbox o where sent_at is null order by position limit 200`.execute(
      service.db,
    );

    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('outbox_unsent');
  });
});
