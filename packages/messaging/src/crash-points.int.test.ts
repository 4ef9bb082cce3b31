import { PostDeleted } from '@gatehouse/contracts';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInProcessTransport } from './in-process/in-process-transport.ts';
import { createSubscription, on } from './subscription.ts';
import { openTestService, postId, type TestService } from './testing/open-test-service.ts';
import type { Transport } from './transport.ts';

let service: TestService;
let published: number;

/** Counts what goes out: the proof that something was really sent twice. */
const counting = (inner: Transport): Transport => ({
  ...inner,
  publish: (batch) => {
    published += batch.length;
    return inner.publish(batch);
  },
});

beforeEach(async () => {
  published = 0;
  service = await openTestService('posts', { transport: counting(createInProcessTransport()) });
  await service.messaging.subscribe(
    createSubscription({
      consumer: 'posts.recorder',
      handlers: [
        on(PostDeleted, async (event, tx) => {
          await sql`insert into effects (event_id, label)
            values (${event.id}, ${`${event.subject.at(-1)}:${event.aggregateversion}`})`.execute(tx);
        }),
      ],
    }),
  );
});
afterEach(() => service.close());

const labels = async () => (await service.effects()).map(({ label }) => label);

/** The next `times` writes of this kind fail, as if the process had died just before them. */
const failAt = async (table: string, event: string, condition: string, times: number) => {
  await sql
    .raw(`
    create sequence crashes;
    create function crash() returns trigger language plpgsql as $$
      begin
        if nextval('crashes') <= ${times} then raise exception 'crashed here'; end if;
        return new;
      end $$;
    create trigger crash before ${event} on ${table} for each row when (${condition}) execute function crash();
  `)
    .execute(service.db);
};
const crashes = async () => {
  const { rows } = await sql<{ last_value: string }>`select last_value::text from crashes`.execute(
    service.db,
  );
  return Number(rows[0]?.last_value);
};

describe('a crash after an event was published and before it was marked', () => {
  it('has it delivered again, and its effect once', async () => {
    await failAt('outbox', 'update', 'new.sent_at is not null', 2);
    await service.messaging.start();
    await service.say(postId(1), 1);
    await service.messaging.whenIdle();

    expect(published).toBe(3);
    expect(await labels()).toEqual(['1:1']);
    expect((await service.messaging.status()).outbox.unsent).toBe(0);
  });
});

describe('a crash while an inbox stores', () => {
  it('has the event held back and published again', async () => {
    await failAt('inbox', 'insert', 'true', 1);
    await service.messaging.start();
    await service.say(postId(1), 1);
    await service.say(postId(2), 1);
    await expect
      .poll(() => service.logger.lines)
      .toContainEqual(expect.objectContaining({ msg: 'event held back' }));
    await service.letTimePass(10);
    await service.messaging.whenIdle();

    expect(await crashes()).toBeGreaterThan(1);
    expect((await labels()).sort()).toEqual(['1:1', '2:1']);
  });
});

describe('a crash between the effect of a message and its mark', () => {
  it('takes the effect back, and does it once in the end', async () => {
    await failAt('inbox', 'update', "new.state = 'done'", 3);
    await service.messaging.start();
    await service.say(postId(1), 1);
    await service.say(postId(1), 2);
    await service.messaging.whenIdle();

    expect(await crashes()).toBe(5);
    expect(await labels()).toEqual(['1:1', '1:2']);
  });
});

/** The pool may offer one that was ended the time before, and did not notice yet. */
const endConnections = async (): Promise<void> => {
  const end = () =>
    sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`.execute(service.db);
  await end().catch(end).catch(end);
};

describe('connections that the server ends under everything', () => {
  it('cost neither an event nor an attempt', async () => {
    await service.messaging.start();
    const saying = (async () => {
      for (let version = 1; version <= 40; version++) {
        // A caller whose connection was ended does not know; it says it again only when it is not there.
        await service.say(postId(1), version).catch(async () => {
          const { rows } = await sql`select 1 from outbox where aggregate_version = ${version}`.execute(
            service.db,
          );
          if (rows.length === 0) await service.say(postId(1), version);
        });
        if (version % 10 === 0) {
          await endConnections();
        }
      }
    })();
    await saying;
    await expect
      .poll(() => service.messaging.status(), { timeout: 15_000 })
      .toMatchObject({ relay: 'active' });
    await service.messaging.whenIdle();

    expect(await labels()).toEqual(Array.from({ length: 40 }, (_, i) => `1:${i + 1}`));
    expect(await service.messaging.deadLetters.list()).toEqual([]);
  });
});
