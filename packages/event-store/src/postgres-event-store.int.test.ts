import { createTransact, type Database, migrate, openDatabase } from '@gatehouse/database';
import { createManualClock, openTestDatabase, sequentialIds, type TestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventStoreContract } from './event-store.contract.ts';
import { createPostgresEventStore, type EventStore, eventStoreMigrations, streamName } from './index.ts';

let server: TestDatabase;
let database: Database;
let store: EventStore;

beforeAll(async () => {
  server = await openTestDatabase('event_store');
  database = openDatabase({ url: server.url, applicationName: 'event-store-test' });
  await migrate(database.db, { owner: 'event_store', migrations: eventStoreMigrations });
  store = createPostgresEventStore({ db: database.db, clock: createManualClock(), ids: sequentialIds() });
});

afterAll(async () => {
  await database.close();
  await server.drop();
});

const fresh = () => streamName('account', crypto.randomUUID());
const opened = { type: 'account-opened' };
const paidIn = { type: 'paid-in', amount: 1 };

eventStoreContract('PostgreSQL', async () => store);

describe('an append in a transaction of the caller', () => {
  it('is undone with it', async () => {
    const account = fresh();
    await database.db
      .transaction()
      .execute(async (tx) => {
        await store.append(account, 'no-stream', [opened], { tx });
        expect(await store.read(account, { tx })).toMatchObject({ version: 1 });
        throw new RangeError('changed my mind');
      })
      .catch(() => undefined);

    expect(await store.findHead(account)).toBeUndefined();
  });

  it('leaves it usable after a conflict', async () => {
    const account = fresh();
    await store.append(account, 'no-stream', [opened]);

    await database.db.transaction().execute(async (tx) => {
      await expect(store.append(account, 'no-stream', [opened], { tx })).rejects.toMatchObject({
        code: 'version_conflict',
      });
      await store.append(account, 1, [paidIn], { tx });
    });
    expect(await store.findHead(account)).toMatchObject({ version: 2 });
  });

  it('is refused when it is older than the last one of the stream, and goes through when repeated', async () => {
    const account = fresh();
    const transact = createTransact({ db: database.db });
    let tries = 0;

    await transact(async (tx) => {
      tries += 1;
      await sql`select pg_current_xact_id()`.execute(tx);
      if (tries === 1) await store.append(account, 'no-stream', [opened]);
      await store.append(account, 1, [paidIn], { tx });
    });

    expect(tries).toBe(2);
    const { events } = await store.read(account);
    const [first, second] = events.map(({ position }) => BigInt(position.split(':')[0] as string));
    expect(second).toBeGreaterThan(first as bigint);
  });
});

describe('reading everything while an older transaction is open', () => {
  it('holds back what came later until that one ends, and then gives both in its order', async () => {
    const category = `late_${crypto.randomUUID().replaceAll(/[^a-z]/g, '')}`;
    const [early, late] = [streamName(category, 'early'), streamName(category, 'late')];
    const readStreams = async () =>
      (await store.readAll({ limit: 10, categories: [category] })).events.map(({ stream }) => stream);

    await database.db.transaction().execute(async (tx) => {
      await store.append(early, 'no-stream', [opened], { tx });
      await store.append(late, 'no-stream', [opened]);
      expect(await readStreams()).toEqual([]);
    });

    await expect.poll(readStreams, { timeout: 10_000, interval: 10 }).toEqual([early, late]);
  });
});
