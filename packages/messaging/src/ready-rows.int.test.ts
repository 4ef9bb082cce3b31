import { type AnyDb, migrate, openDatabase } from '@gatehouse/database';
import { openTestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messagingMigrations } from './migrations.ts';

const backlog = 20_000;

let db: AnyDb;
let close: () => Promise<void>;

beforeAll(async () => {
  const testDatabase = await openTestDatabase('ready_rows');
  const database = openDatabase({ url: testDatabase.url, applicationName: 'ready-rows', poolSize: 1 });
  ({ db } = database);
  close = async () => {
    await database.close();
    await testDatabase.drop();
  };
  await migrate(db, { owner: 'messaging', migrations: messagingMigrations });
  // Whoever asks plans while the queues are empty, as every service does that has just started.
  for (let n = 0; n < 8; n += 1) await readBoth();
  await sql`
    insert into outbox (event_id, type, subject, aggregate_version, time, correlation_id, data)
    select n::text, 'noted', 'note-' || n % 5000, n, now(), n::text, '{}' from generate_series(1, ${backlog}) n`.execute(
    db,
  );
  await sql`
    insert into inbox (consumer, event_id, key, aggregate_version, event)
    select 'notes', n::text, 'note-' || n % 5000, n, '{}' from generate_series(1, ${backlog}) n`.execute(db);
});
afterAll(() => close());

const readBoth = async () => ({
  outbox: (await sql<{ position: string }>`select * from outbox_ready(0, 1, 200)`.execute(db)).rows,
  inbox: (await sql<{ key: string }>`select * from inbox_ready(array['notes'], 100)`.execute(db)).rows,
});

/** Rows of a table that this transaction has fetched so far. */
const countFetched = async (tx: AnyDb, table: string): Promise<number> => {
  const { rows } = await sql<{ fetched: number }>`
    select (seq_tup_read + idx_tup_fetch)::integer as fetched from pg_stat_xact_user_tables
    where relname = ${table}`.execute(tx);
  return rows[0]?.fetched ?? 0;
};

describe('a backlog', () => {
  it('is read from its beginning', async () => {
    const { outbox, inbox } = await readBoth();

    expect(outbox.map(({ position }) => Number(position))).toEqual(
      Array.from({ length: 200 }, (_, n) => n + 1),
    );
    expect(inbox.map(({ key }) => key)).toEqual(Array.from({ length: 100 }, (_, n) => `note-${n + 1}`));
  });

  it.each([
    ['outbox', sql`select * from outbox_ready(0, 1, 200)`],
    ['inbox', sql`select * from inbox_ready(array['notes'], 100)`],
  ])(
    'is not read further than the batch goes (%s), though the queue was empty when it was last looked at',
    async (table, ask) => {
      const fetched = await db.transaction().execute(async (tx) => {
        const before = await countFetched(tx, table);
        await ask.execute(tx);
        return (await countFetched(tx, table)) - before;
      });

      expect(fetched).toBeGreaterThan(0);
      expect(fetched).toBeLessThan(1_000);
    },
  );
});
