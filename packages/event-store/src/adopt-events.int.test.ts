import { type Database, migrate, openDatabase } from '@gatehouse/database';
import { systemClock } from '@gatehouse/resilience';
import { openTestDatabase, sequentialIds, type TestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  adoptEvents,
  comparePositions,
  createPostgresEventStore,
  createProjection,
  type EventStore,
  eventStoreMigrations,
  type Position,
  type Projection,
  streamName,
} from './index.ts';

let server: TestDatabase;
let database: Database;
let store: EventStore;
let applied: string[];

beforeEach(async () => {
  server = await openTestDatabase('adopt');
  database = openDatabase({ url: server.url, applicationName: 'adopt-test' });
  await migrate(database.db, { owner: 'event_store', migrations: eventStoreMigrations });
  store = createPostgresEventStore({ db: database.db, clock: systemClock, ids: sequentialIds() });
  applied = [];
});
afterEach(async () => {
  await database.close();
  await server.drop();
});

const projectionOf = (): Projection =>
  createProjection({
    name: 'numbers',
    database,
    categories: ['number'],
    clock: systemClock,
    apply: async ({ events }) =>
      void applied.push(...events.map(({ stream, version }) => `${stream}@${version}`)),
  });

const write = async (id: string, expected: number) =>
  (await store.append(streamName('number', id), expected, [{ type: 'counted' }])).position;

const catchUp = async (position: Position): Promise<void> => {
  const projection = projectionOf();
  while (comparePositions((await projection.status()).position, position) < 0) await projection.runOnce();
};

/** As if the database had come from a cluster where many more transactions had been. */
const restore = async (): Promise<void> => {
  const { db } = database;
  const later = sql`(xid::text::bigint + 1000000000000)::text::xid8`;
  await sql`update events set xid = ${later}`.execute(db);
  await sql`update event_streams set last_xid = (last_xid::text::bigint + 1000000000000)::text::xid8`.execute(
    db,
  );
  await sql`update event_checkpoints set xid = ${later}, timeline = 'another cluster'`.execute(db);
};

describe('events that were restored from another cluster', () => {
  it('would refuse every append and stop every projection', async () => {
    await catchUp(await write('a', 0));
    await restore();

    await expect(write('a', 1)).rejects.toMatchObject({ code: '40001' });
    await expect(projectionOf().runOnce()).rejects.toMatchObject({ code: 'timeline_changed' });
  });

  it('go on once they are adopted: nothing is applied twice or lost, and the order stays', async () => {
    await write('a', 0);
    await catchUp(await write('b', 0));
    await write('a', 1);
    await write('b', 1);
    await restore();

    expect(await adoptEvents(database.db)).toBe(4);
    await catchUp(await write('a', 2));
    expect(applied).toEqual(['number-a@1', 'number-b@1', 'number-a@2', 'number-b@2', 'number-a@3']);
    expect((await store.read(streamName('number', 'a'))).events.map(({ version }) => version)).toEqual([
      1, 2, 3,
    ]);
  });

  it('are adopted once, by whichever instance is first', async () => {
    await write('a', 0);
    await restore();

    const moved = await Promise.all([adoptEvents(database.db), adoptEvents(database.db)]);
    expect(moved.toSorted()).toEqual([0, 1]);
  });
});

describe('events that were always here', () => {
  it('stay where they are', async () => {
    const position = await write('a', 0);
    await catchUp(position);

    expect(await adoptEvents(database.db)).toBe(0);
    expect(await store.findHead(streamName('number', 'a'))).toMatchObject({ position });
  });
});
