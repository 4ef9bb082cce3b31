import { type AnyDb, type AnyTx, openDatabase } from '@gatehouse/database';
import { createPostgresEventStore, eventStoreMigrations, streamName } from '@gatehouse/event-store';
import { createManualClock, openTestDatabase, seededRandom, sequentialIds } from '@gatehouse/testing';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInboxLaneStore } from '../../src/inbox/inbox-lane-store.ts';
import { createIntake } from '../../src/inbox/intake.ts';
import { silentLogger } from '../../src/messaging-logger.ts';
import { messagingMigrations } from '../../src/migrations.ts';
import { createOutbox } from '../../src/outbox/outbox.ts';
import { createOutboxLog } from '../../src/outbox/outbox-log.ts';
import { postDeleted, postId } from '../../src/testing/open-test-service.ts';
import { eventNamed } from '../../src/testing/transport-recorder.ts';
import { openUnfailingDatabase } from './unfailing-database.ts';

/** Of PostgreSQL and of its stand-in. */
type Side = Readonly<{
  db: AnyDb;
  letTimePass: (seconds: number) => Promise<void>;
  /** Until `readAll` may show all events: on one server every other test's open transaction holds them back. */
  whenReadable: () => Promise<void>;
}>;

const tables = ['outbox', 'inbox', 'dead_letters', 'events', 'event_streams'] as const;

/** The columns of the tables: the stand-in knows no `*`. */
const columns = new Map<string, RawBuilder<unknown>[]>();

/** Everything that is kept, without what differs by nature: times, transaction ids, stacks. */
const contentOf = async (db: AnyDb): Promise<unknown> => {
  const content: Record<string, unknown> = {};
  for (const table of tables) {
    const { rows } = await sql<
      Record<string, unknown>
    >`select ${sql.join(columns.get(table) ?? [])} from ${sql.table(table)}`.execute(db);
    content[table] = rows
      .map((row) =>
        Object.fromEntries(
          Object.entries(row)
            .filter(([name]) => !/(?:_at|xid|_until|stack|^time|^seq)$/.test(name))
            .map(([name, value]) => [
              name,
              typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value,
            ])
            .concat(
              Object.entries(row).flatMap(([name, value]) =>
                /_at$/.test(name) ? [[`${name}?`, value !== null]] : [],
              ),
            ),
        ),
      )
      .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  }
  return content;
};

/** The same random deeds on either side, by the product's own code; what they answered and what is kept afterwards. */
const act = async ({ db, letTimePass, whenReadable }: Side, seed: number): Promise<unknown> => {
  const random = seededRandom(seed);
  const pick = (below: number): number => Math.floor(random() * below);
  const clock = createManualClock();
  const transact = <T>(work: (tx: AnyTx) => Promise<T>) => db.transaction().execute(work);
  const outbox = createOutbox({ clock, ids: sequentialIds(1) });
  const log = createOutboxLog({ db, service: 'posts', partition: { index: 0, of: 1 } });
  const intake = createIntake({ db, transact, ids: sequentialIds(2), onStored: () => {} });
  const store = createPostgresEventStore({ db, clock, ids: sequentialIds(3) });
  const outcomes = ['done', 'fail', 'fail', 'done'];
  const lanes = createInboxLaneStore({
    ...{
      db,
      transact,
      ids: sequentialIds(4),
      clock,
      retry: { quick: 2, delayedSeconds: [5] },
      logger: silentLogger,
    },
    findSubscription: (consumer) => ({
      ...{ consumer, patterns: [] },
      handle: async () => {
        if (outcomes[pick(4)] === 'fail') throw new RangeError('refused');
      },
    }),
  });
  const stored: ReturnType<typeof eventNamed>[] = [];
  const answers: unknown[] = [];
  for (let n = 0; n < 60; n += 1) {
    switch (pick(8)) {
      case 0:
        await transact((tx) =>
          outbox.append(tx, [postDeleted(postId(pick(3)), 1 + pick(4)), postDeleted(postId(9), n + 1)]),
        );
        break;
      case 1: {
        const unsent = await log.readUnsent(1 + pick(5));
        answers.push(unsent.map(({ position }) => position));
        await log.markSent(unsent.slice(0, 1 + pick(3)).map(({ position }) => position));
        break;
      }
      case 2:
        await log.hold((await log.readUnsent(2)).map(({ position }) => ({ position, reason: 'no' })));
        if (random() < 0.3) await log.releaseHeld();
        break;
      case 3: {
        const id = `01930000-0000-7000-8000-0000000${String(n).padStart(5, '0')}`;
        stored.push({ ...eventNamed('post', 'deleted', postId(pick(3))), id, correlationid: id });
        const repeated = stored[pick(stored.length)] as (typeof stored)[number];
        await intake('posts.a')([
          stored.at(-1) as (typeof stored)[number],
          repeated,
          ...(n % 5 === 0 ? [{ odd: n } as never] : []),
        ]);
        break;
      }
      case 4:
        await letTimePass(5 * pick(3));
        break;
      case 5: {
        const expected = ([0, 'any', 'no-stream', 1, 2] as const)[pick(5)] ?? 'any';
        answers.push(
          await store.append(streamName('post', String(pick(2))), expected, [{ type: 'noted' }]).then(
            ({ version }) => version,
            (error: { code?: string; details?: unknown }) => [error.code, error.details],
          ),
        );
        break;
      }
      default: {
        const ready = await lanes.findReady(['posts.a', 'posts.b'], 10);
        answers.push(ready);
        for (const lane of ready)
          answers.push(
            await lanes.processNext(lane).then((step) => (step === 'nothing' ? step : step.outcome)),
          );
      }
    }
  }
  await whenReadable();
  answers.push(
    (await store.readAll({ limit: 100 })).events.map(({ stream, version }) => `${stream} ${version}`),
  );
  return { answers, content: await contentOf(db) };
};

let postgres: { side: Side; close: () => Promise<void> };

beforeAll(async () => {
  const testDatabase = await openTestDatabase('simulated');
  const database = openDatabase({ url: testDatabase.url, applicationName: 'simulated' });
  const { db }: { db: AnyDb } = database;
  for (const { up } of [...Object.values(messagingMigrations), ...Object.values(eventStoreMigrations)])
    await up(db);
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as table, column_name as column from information_schema.columns
    where table_schema = current_schema()`.execute(db);
  for (const { table, column } of rows) columns.set(table, [...(columns.get(table) ?? []), sql.ref(column)]);
  postgres = {
    side: {
      db,
      letTimePass: async (seconds) => {
        await sql`update inbox set due_at = due_at - ${seconds} * interval '1 second'`.execute(db);
        await sql`update outbox set held_until = held_until - ${seconds} * interval '1 second'`.execute(db);
      },
      whenReadable: () =>
        expect
          .poll(
            async () =>
              (
                await sql`select 1 from events where xid >= pg_snapshot_xmin(pg_current_snapshot())`.execute(
                  db,
                )
              ).rows.length,
            { timeout: 15_000 },
          )
          .toBe(0),
    },
    close: async () => {
      await database.close();
      await testDatabase.drop();
    },
  };
});
afterAll(() => postgres.close());

describe('the database of the simulation', () => {
  it.each([1, 2, 3, 4, 5])(
    'does what PostgreSQL does with the statements of the product (seed %i)',
    async (seed) => {
      for (const table of ['events', ...tables.filter((name) => name !== 'events')])
        await sql`truncate ${sql.table(table)} restart identity cascade`.execute(postgres.side.db);
      const real = await act(postgres.side, seed);

      const simulated = { ...(await openUnfailingDatabase()), whenReadable: async () => {} };
      expect(await act(simulated, seed)).toEqual(real);
    },
  );
});
