import { type AnyDb, type Database, migrate, openDatabase } from '@gatehouse/database';
import { createManualClock, openTestDatabase, sequentialIds, type TestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  comparePositions,
  createPostgresEventStore,
  createProjection,
  type EventStore,
  eventStoreMigrations,
  type Position,
  type Projection,
  type ProjectionDeps,
  streamName,
} from './index.ts';

let server: TestDatabase;
let database: Database;
let db: AnyDb;
let store: EventStore;
let category: string;
/** The read model of the test at hand: how often each stream was counted. */
let table: string;
let effects: string[];
const clock = createManualClock();
const dayMs = 24 * 60 * 60 * 1000;

beforeAll(async () => {
  server = await openTestDatabase('rebuild');
  database = openDatabase({ url: server.url, applicationName: 'rebuild-test' });
  db = database.db;
  await migrate(db, { owner: 'event_store', migrations: eventStoreMigrations });
  store = createPostgresEventStore({ db, clock, ids: sequentialIds() });
});
beforeEach(async () => {
  category = `cat_${crypto.randomUUID().replaceAll(/[^a-z]/g, '')}`;
  table = `counts_${crypto.randomUUID().replaceAll('-', '')}`;
  effects = [];
  await sql`create table ${sql.table(table)} (
    stream text primary key, events integer not null check (events > 0))`.execute(db);
  await sql`create index on ${sql.table(table)} (events)`.execute(db);
});
afterAll(async () => {
  await database.close();
  await server.drop();
});

/** `by`: how much one event counts; a new version of the code counts differently. */
const projectionOf = ({ by = 1, ...deps }: Partial<ProjectionDeps> & { by?: number } = {}): Projection =>
  createProjection({
    name: category,
    database,
    categories: [category],
    tables: [table],
    clock,
    apply: async ({ events, tx, table: place, isNew }) => {
      for (const event of events) {
        await sql`insert into ${place(table)} as c (stream, events) values (${event.stream}, ${by})
          on conflict (stream) do update set events = c.events + ${by}`.execute(tx);
        if (isNew(event)) effects.push(`${event.stream.slice(category.length + 1)}@${event.version}`);
      }
    },
    ...deps,
  });

const write = async (id: string, count: number, type = 'counted'): Promise<Position> => {
  const { position } = await store.append(streamName(category, id), 'any', Array(count).fill({ type }));
  return position;
};

const counts = async (name = table): Promise<Readonly<Record<string, number>>> => {
  const { rows } = await sql<{ stream: string; events: number }>`
    select stream, events from ${sql.table(name)} order by stream`.execute(db);
  return Object.fromEntries(rows.map(({ stream, events }) => [stream.slice(category.length + 1), events]));
};

const tablesNow = async (): Promise<readonly string[]> => {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where starts_with(tablename, ${table}) order by tablename`.execute(
    db,
  );
  return rows.map(({ name }) => name.replace(table, 'counts'));
};

/** Batch by batch, since events are held back while any older transaction of the server is open. */
const catchUp = async (projection: Projection, position: Position): Promise<void> => {
  while (comparePositions((await projection.status()).position, position) < 0) await projection.runOnce();
};

const finish = async (projection: Projection): Promise<void> => {
  for (;;) {
    const { rebuild } = await projection.status();
    if (rebuild?.state !== 'building') return;
    await projection.rebuildOnce();
  }
};

describe('a rebuild', () => {
  it('makes the read model anew beside the live one and then takes its place', async () => {
    await catchUp(projectionOf(), await write('a', 3));
    const next = projectionOf({ by: 10, batch: 2 });
    await next.rebuild();
    await next.rebuildOnce();

    expect(await counts()).toEqual({ a: 3 });
    expect(await counts(`${table}_v2`)).toEqual({ a: 20 });
    await finish(next);
    expect(await counts()).toEqual({ a: 30 });
    expect(await next.status()).toMatchObject({ version: 2, former: { version: 1 }, lagEvents: 0 });
  });

  it('keeps indexes and constraints', async () => {
    const projection = projectionOf();
    await catchUp(projection, await write('a', 1));
    await projection.rebuild();
    await finish(projection);

    const { rows } = await sql`select 1 from pg_indexes where tablename = ${table}`.execute(db);
    expect(rows).toHaveLength(2);
    await expect(sql`update ${sql.table(table)} set events = 0`.execute(db)).rejects.toThrow(/check/);
  });

  it('misses nothing that is written meanwhile, and has nothing twice', async () => {
    const projection = projectionOf({ batch: 2 });
    await catchUp(projection, await write('a', 5));
    await projection.rebuild();
    await projection.rebuildOnce();
    await catchUp(projection, await write('b', 3));
    expect(await counts()).toEqual({ a: 5, b: 3 });
    await finish(projection);
    await catchUp(projection, await write('b', 1));

    expect(await counts()).toEqual({ a: 5, b: 4 });
  });

  it('never passes the live one, which may have to wait', async () => {
    const projection = projectionOf();
    await catchUp(projection, await write('a', 2));
    const late = await write('b', 2);
    await projection.rebuild();
    await finish(projection);

    expect(await counts()).toEqual({ a: 2 });
    await catchUp(projection, late);
    expect(await counts()).toEqual({ a: 2, b: 2 });
  });

  it('is asked for once, however often', async () => {
    const projection = projectionOf({ batch: 1 });
    await catchUp(projection, await write('a', 3));
    await projection.rebuild();
    await projection.rebuildOnce();
    await Promise.all([projection.rebuild(), projectionOf().rebuild()]);

    expect((await projection.status()).rebuild).toMatchObject({ version: 2, doneEvents: 1 });
  });

  it('says how far it is, how fast, and how long it will take', async () => {
    const projection = projectionOf({ batch: 2 });
    await catchUp(projection, await write('a', 8));
    await projection.rebuild();
    expect((await projection.status()).rebuild).toMatchObject({ totalEvents: 8, etaSeconds: null });

    await projection.rebuildOnce();
    clock.advance(1_000);
    expect((await projection.status()).rebuild).toEqual({
      version: 2,
      state: 'building',
      startedAt: expect.any(String),
      doneEvents: 2,
      totalEvents: 8,
      eventsPerSecond: 2,
      etaSeconds: 3,
      parked: 0,
    });
  });

  it('goes on where another instance ended, and two at once do no more than one', async () => {
    await catchUp(projectionOf(), await write('a', 20));
    const instances = [1, 2, 3].map(() => projectionOf({ batch: 3 }));
    await instances[0]?.rebuild();
    await Promise.all(instances.map(finish));

    expect(await counts()).toEqual({ a: 20 });
    expect(await instances[1]?.status()).toMatchObject({ version: 2 });
  });

  it('can be given up', async () => {
    const projection = projectionOf({ batch: 1 });
    await catchUp(projection, await write('a', 2));
    await projection.rebuild();
    await projection.rebuildOnce();
    await projection.cancelRebuild();

    expect(await projection.rebuildOnce()).toBe(0);
    expect(await projection.status()).toMatchObject({ version: 1 });
    expect(await projection.status()).not.toHaveProperty('rebuild');
    expect(await tablesNow()).toEqual(['counts']);
  });

  it('is done by instances that run, while they read, write and wait', async () => {
    const projection = projectionOf({ batch: 5, pollMs: 5 });
    await catchUp(projection, await write('a', 50));
    const { systemClock } = await import('@gatehouse/resilience');
    const instances = [1, 2].map(() => projectionOf({ batch: 5, pollMs: 5, clock: systemClock }));
    await Promise.all(instances.map((one) => one.start()));
    try {
      await instances[0]?.rebuild();
      for (let round = 1; round <= 20; round += 1) {
        const position = await write('b', 1);
        expect(await instances[1]?.whenProcessed(position, 10_000)).toBe(true);
        expect((await counts()).b).toBe(round);
      }
      await expect
        .poll(async () => (await instances[0]?.status())?.version, { timeout: 10_000, interval: 10 })
        .toBe(2);
      const position = await write('b', 1);
      expect(await instances[0]?.whenProcessed(position, 10_000)).toBe(true);
      expect(await counts()).toEqual({ a: 50, b: 21 });
    } finally {
      await Promise.all(instances.map((one) => one.stop()));
    }
  });
});

describe('side effects', () => {
  it('are not repeated by a rebuild', async () => {
    const projection = projectionOf();
    await catchUp(projection, await write('a', 2));
    await projection.rebuild();
    await finish(projection);
    await catchUp(projection, await write('a', 1));

    expect(effects).toEqual(['a@1', 'a@2', 'a@3']);
  });

  it('are not repeated on the way back', async () => {
    const projection = projectionOf();
    await catchUp(projection, await write('a', 1));
    await projection.rebuild();
    await finish(projection);
    await catchUp(projection, await write('a', 1));
    await projection.revert();
    await finish(projection);
    await catchUp(projection, await write('a', 1));

    expect(effects).toEqual(['a@1', 'a@2', 'a@3']);
    expect(await counts()).toEqual({ a: 3 });
  });
});

describe('the way back', () => {
  it('brings the former version up to date and puts it in place', async () => {
    const former = projectionOf();
    await catchUp(former, await write('a', 2));
    const next = projectionOf({ by: 10 });
    await next.rebuild();
    await finish(next);
    await catchUp(next, await write('a', 1));
    expect(await counts()).toEqual({ a: 30 });

    await former.revert();
    expect((await former.status()).rebuild).toMatchObject({ version: 1, totalEvents: 1 });
    await finish(former);
    expect(await counts()).toEqual({ a: 3 });
    await catchUp(former, await write('b', 1));
    expect(await counts()).toEqual({ a: 3, b: 1 });
    expect(await former.status()).toMatchObject({ version: 1, former: { version: 2 } });
  });

  it('goes there and back again', async () => {
    const projection = projectionOf();
    await catchUp(projection, await write('a', 1));
    await projection.rebuild();
    await finish(projection);
    for (const version of [1, 2, 1]) {
      await projection.revert();
      await finish(projection);
      await catchUp(projection, await write('a', 1));
      expect(await projection.status()).toMatchObject({ version });
    }

    expect(await counts()).toEqual({ a: 4 });
    await projection.rebuild();
    expect((await projection.status()).rebuild).toMatchObject({ version: 3 });
  });

  it('stays open when it is given up', async () => {
    const projection = projectionOf();
    await catchUp(projection, await write('a', 1));
    await projection.rebuild();
    await finish(projection);
    await projection.revert();
    await projection.cancelRebuild();

    expect(await projection.status()).toMatchObject({ version: 2, former: { version: 1 } });
    await projection.revert();
    await finish(projection);
    expect(await projection.status()).toMatchObject({ version: 1 });
  });

  it('is no way where nothing was replaced', async () => {
    await expect(projectionOf().revert()).rejects.toMatchObject({ code: 'no_former_version' });
  });

  it('waits for a rebuild that is going on', async () => {
    const projection = projectionOf();
    await projection.rebuild();

    await expect(projection.revert()).rejects.toMatchObject({ code: 'rebuild_running' });
  });

  it('ends after a day, or with the next rebuild', async () => {
    const projection = projectionOf();
    await catchUp(projection, await write('a', 1));
    for (const version of [2, 3]) {
      await projection.rebuild();
      await finish(projection);
      expect(await tablesNow()).toEqual(['counts', `counts_v${version - 1}`]);
    }

    clock.advance(dayMs);
    await projection.rebuildOnce();
    expect(await tablesNow()).toEqual(['counts']);
    await expect(projection.revert()).rejects.toMatchObject({ code: 'no_former_version' });
  });

  it('is refused when the tables have another shape by now', async () => {
    const projection = projectionOf();
    await catchUp(projection, await write('a', 1));
    await projection.rebuild();
    await finish(projection);
    await sql`alter table ${sql.table(table)} add column note text`.execute(db);

    await expect(projection.revert()).rejects.toMatchObject({ code: 'read_model_reshaped' });
    expect(await counts()).toEqual({ a: 1 });
  });
});

describe('a rebuild that cannot succeed', () => {
  it('fails at a type that nobody knows, and harms nobody', async () => {
    const projection = projectionOf({ types: ['counted'] });
    await catchUp(projection, await write('a', 1));
    await catchUp(projection, await write('a', 1, 'from-the-future'));
    await projection.rebuild();
    await finish(projection);

    expect(await projection.status()).toMatchObject({
      version: 1,
      rebuild: { state: 'failed', error: expect.stringContaining('"from-the-future"') },
    });
    expect(await counts()).toEqual({ a: 1 });
  });

  it('is begun again once the code knows more', async () => {
    const old = projectionOf({ types: ['counted'] });
    await catchUp(old, await write('a', 1, 'from-the-future'));
    await old.rebuild();
    await finish(old);
    const current = projectionOf({ types: ['counted', 'from-the-future'] });
    await current.rebuild();
    await finish(current);

    expect(await counts()).toEqual({ a: 1 });
    expect(await current.status()).toMatchObject({ version: 3, skipped: [] });
  });

  it('fails when a migration came between', async () => {
    const projection = projectionOf();
    await projection.rebuild();
    await sql`alter table ${sql.table(table)} add column note text`.execute(db);
    await finish(projection);

    expect(await projection.status()).toMatchObject({ version: 1, rebuild: { state: 'failed' } });
  });

  it('parks an event that cannot be applied, and comes through', async () => {
    const live = projectionOf();
    await catchUp(live, await write('a', 3));
    const picky = projectionOf({
      apply: async ({ events, tx, table: place }) => {
        for (const { stream, version } of events) {
          if (version === 2) throw new RangeError('cannot count to two');
          await sql`insert into ${place(table)} as c (stream, events) values (${stream}, 1)
            on conflict (stream) do update set events = c.events + 1`.execute(tx);
        }
      },
    });
    await picky.rebuild();
    await finish(picky);

    expect(await counts()).toEqual({ a: 2 });
    expect(await picky.status()).toMatchObject({ version: 2, parked: 1 });
  });

  it('waits for a table that somebody reads for long, and swaps afterwards', async () => {
    const projection = projectionOf();
    await catchUp(projection, await write('a', 1));
    await projection.rebuild();
    await db.transaction().execute(async (tx) => {
      await sql`select 1 from ${sql.table(table)}`.execute(tx);
      while (((await projection.status()).rebuild?.doneEvents ?? 0) === 0) await projection.rebuildOnce();
      expect(await projection.rebuildOnce()).toBe(0);
      expect(await projection.status()).toMatchObject({ version: 1, rebuild: { state: 'building' } });
    });
    await finish(projection);

    expect(await projection.status()).toMatchObject({ version: 2 });
  });
});
