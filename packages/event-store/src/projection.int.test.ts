import { type Database, migrate, openDatabase } from '@gatehouse/database';
import { AppError } from '@gatehouse/errors';
import { systemClock } from '@gatehouse/resilience';
import { openTestDatabase, sequentialIds, type TestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  comparePositions,
  createPostgresEventStore,
  createProjection,
  type EventStore,
  eventStoreMigrations,
  type Position,
  type Projection,
  type ProjectionBatch,
  type ProjectionDeps,
  streamName,
} from './index.ts';

let server: TestDatabase;
let database: Database;
let store: EventStore;
let category: string;
const started: Projection[] = [];

beforeAll(async () => {
  server = await openTestDatabase('projection');
  database = openDatabase({ url: server.url, applicationName: 'projection-test' });
  await migrate(database.db, { owner: 'event_store', migrations: eventStoreMigrations });
  await sql`create table applied (projection text, stream text, version integer, worker text)`.execute(
    database.db,
  );
  store = createPostgresEventStore({ db: database.db, clock: systemClock, ids: sequentialIds() });
});

beforeEach(() => {
  category = `cat_${crypto.randomUUID().replaceAll(/[^a-z]/g, '')}`;
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((projection) => projection.stop()));
});

afterAll(async () => {
  await database.close();
  await server.drop();
});

const projectionOf = (deps: Partial<ProjectionDeps> = {}, worker = 'one'): Projection =>
  createProjection({
    name: category,
    database,
    categories: [category],
    clock: systemClock,
    pollMs: 20,
    apply: async ({ events, tx }) => {
      for (const { stream, version } of events) {
        await sql`insert into applied (projection, stream, version, worker)
          values (${category}, ${stream}, ${version}, ${worker})`.execute(tx);
      }
    },
    ...deps,
  });

const write = async (id: string, count: number): Promise<Position> => {
  const stream = streamName(category, id);
  const { position } = await store.append(stream, 'any', Array(count).fill({ type: 'counted' }));
  return position;
};

const applied = async (): Promise<readonly string[]> => {
  const { rows } = await sql<{ version: number; stream: string }>`
    select stream, version from applied where projection = ${category} order by stream, version`.execute(
    database.db,
  );
  return rows.map(({ stream, version }) => `${stream.slice(category.length + 1)}@${version}`);
};

const patience = { timeout: 10_000, interval: 10 };

/** Batch by batch, since events are held back while any older transaction of the server is open. */
const catchUp = async (projection: Projection, position: Position): Promise<void> => {
  while (comparePositions((await projection.status()).position, position) < 0) await projection.runOnce();
};

describe('a projection', () => {
  it('applies each event once, and goes on from where it was', async () => {
    await catchUp(projectionOf(), await write('a', 3));
    await catchUp(projectionOf(), await write('a', 2));

    expect(await applied()).toEqual(['a@1', 'a@2', 'a@3', 'a@4', 'a@5']);
  });

  it('applies events in batches', async () => {
    const projection = projectionOf({ batch: 2 });
    await catchUp(projection, await write('a', 5));

    expect(await applied()).toHaveLength(5);
    expect(await projection.runOnce()).toBe(0);
  });

  it('keeps to its categories', async () => {
    await store.append(streamName('elsewhere', category), 'no-stream', [{ type: 'counted' }]);
    await catchUp(projectionOf(), await write('a', 1));

    expect(await applied()).toEqual(['a@1']);
  });

  it('says how far it is behind', async () => {
    await write('a', 3);

    expect(await projectionOf().status()).toMatchObject({ state: 'stopped', lagEvents: 3, parked: 0 });
  });

  it('follows by itself once started, and tells who waits', async () => {
    const projection = projectionOf();
    started.push(projection);
    await projection.start();

    expect(await projection.whenProcessed(await write('a', 1), 10_000)).toBe(true);
    expect(await applied()).toEqual(['a@1']);
    expect(await projection.status()).toMatchObject({ state: 'running', lagEvents: 0 });
  });

  it('tells who waits for everything that there is', async () => {
    const projection = projectionOf();
    started.push(projection);
    await projection.start();
    expect(await projection.whenCaughtUp(10_000)).toBe(true);

    await write('a', 2);
    expect(await projection.whenCaughtUp(10_000)).toBe(true);
    expect(await applied()).toEqual(['a@1', 'a@2']);
  });

  it('tells who waits for what does not come that it did not', async () => {
    const projection = projectionOf();
    started.push(projection);
    await projection.start();

    expect(await projection.whenProcessed('9000000000000000000:1', 30)).toBe(false);
  });
});

describe('several instances of a projection', () => {
  it('share the work: each event is applied once', async () => {
    const instances = ['one', 'two', 'three'].map((worker) => projectionOf({ batch: 3 }, worker));
    started.push(...instances);
    await Promise.all(instances.map((projection) => projection.start()));

    const positions = await Promise.all(['a', 'b', 'c', 'd'].map((id) => write(id, 5)));
    for (const position of positions) {
      const all = await Promise.all(instances.map((one) => one.whenProcessed(position, 10_000)));
      expect(all).toEqual([true, true, true]);
    }

    const seen = await applied();
    expect(seen).toHaveLength(20);
    expect(new Set(seen).size).toBe(20);
  });
});

describe('an event that cannot be applied', () => {
  const refusing = (projection: { tried: number; errors: unknown[] }) => ({
    onError: (error: unknown) => projection.errors.push(error),
    apply: async ({ events, tx }: ProjectionBatch) => {
      for (const { stream, version } of events) {
        if (version === 2) {
          projection.tried += 1;
          throw new RangeError('cannot count to two');
        }
        await sql`insert into applied (projection, stream, version, worker)
          values (${category}, ${stream}, ${version}, 'one')`.execute(tx);
      }
    },
  });

  it('is parked after its tries where a person sees it, and the others go on', async () => {
    const log = { tried: 0, errors: [] as unknown[] };
    const projection = projectionOf({ ...refusing(log), tries: 3 });
    await catchUp(projection, await write('a', 4));

    expect(await applied()).toEqual(['a@1', 'a@3', 'a@4']);
    expect(log.tried).toBe(4); // once in the batch, then three times by itself
    expect(log.errors).toHaveLength(4);
    expect(await projection.status()).toMatchObject({ parked: 1, lagEvents: 0 });
    const { rows } =
      await sql`select version, error, tries from event_parked where projection = ${category}`.execute(
        database.db,
      );
    expect(rows).toEqual([{ version: 2, error: 'RangeError: cannot count to two', tries: 3 }]);
  });

  it('is shown while it is tried', async () => {
    const projection = projectionOf(refusing({ tried: 0, errors: [] }));
    await write('a', 2);
    await expect
      .poll(async () => {
        await projection.runOnce();
        return projection.status();
      }, patience)
      .toMatchObject({ state: 'retrying', error: 'RangeError: cannot count to two' });
  });

  it('leaves nothing of a failed try behind', async () => {
    let isBroken = true;
    const projection = projectionOf({
      batch: 1,
      apply: async ({ events: [event], tx }) => {
        await sql`insert into applied (projection, stream, version, worker)
          values (${category}, ${event?.stream}, ${event?.version}, 'one')`.execute(tx);
        if (isBroken) {
          isBroken = false;
          throw new RangeError('after the write');
        }
      },
    });
    await catchUp(projection, await write('a', 3));

    expect(await applied()).toEqual(['a@1', 'a@2', 'a@3']);
  });
});

describe('a parked event', () => {
  /** Cannot count to two until `isMended`. */
  const begin = async () => {
    const code = { isMended: false };
    const projection = projectionOf({
      apply: async ({ events, tx }) => {
        for (const { stream, version } of events) {
          if (version === 2 && !code.isMended) throw new RangeError('cannot count to two');
          await sql`insert into applied (projection, stream, version, worker)
            values (${category}, ${stream}, ${version}, 'one')`.execute(tx);
        }
      },
    });
    await catchUp(projection, await write('a', 3));
    const [event] = await projection.parked.list();
    if (event === undefined) throw new RangeError('nothing is parked');
    return { code, projection, event };
  };

  it('is listed whole, with what went wrong', async () => {
    const { event } = await begin();

    expect(event).toEqual({
      id: expect.any(String),
      projection: category,
      stream: streamName(category, 'a'),
      version: 2,
      position: expect.stringMatching(/^\d+:\d+$/),
      type: 'counted',
      event: { type: 'counted' },
      error: 'RangeError: cannot count to two',
      stack: expect.stringContaining('projection.int.test.ts'),
      tries: 3,
      firstFailedAt: expect.any(String),
      lastFailedAt: expect.any(String),
    });
  });

  it('is found by its type and by its error', async () => {
    const { projection } = await begin();
    const found = async (query: object) => (await projection.parked.list(query)).length;

    expect(await found({ type: 'count', error: 'to two' })).toBe(1);
    expect([await found({ type: 'paid' }), await found({ error: 'to three' })]).toEqual([0, 0]);
  });

  it('is applied when it is tried again and goes through', async () => {
    const { code, projection, event } = await begin();
    code.isMended = true;

    expect(await projection.parked.retry(event.id)).toEqual({ id: event.id, dryRun: false, applied: true });
    expect(await applied()).toEqual(['a@1', 'a@2', 'a@3']);
    expect(await projection.parked.list()).toEqual([]);
  });

  it('stays when it fails again, with one try more', async () => {
    const { projection, event } = await begin();

    expect(await projection.parked.retry(event.id)).toMatchObject({
      applied: false,
      error: 'RangeError: cannot count to two',
    });
    expect(await projection.parked.list()).toMatchObject([{ id: event.id, tries: 4 }]);
  });

  it('changes nothing in a dry run', async () => {
    const { code, projection, event } = await begin();
    code.isMended = true;

    expect(await projection.parked.retry(event.id, { dryRun: true })).toMatchObject({ applied: true });
    expect(await applied()).toEqual(['a@1', 'a@3']);
    expect(await projection.parked.list()).toMatchObject([{ tries: 3 }]);
  });

  it('can be given up', async () => {
    const { projection, event } = await begin();
    await projection.parked.discard(event.id);

    expect(await projection.status()).toMatchObject({ parked: 0 });
    await expect(projection.parked.retry(event.id)).rejects.toMatchObject({ code: 'projection_not_found' });
    await expect(projection.parked.discard(event.id)).rejects.toMatchObject({ code: 'projection_not_found' });
  });
});

describe('an event of a type that nobody knows', () => {
  it('is passed over, counted and shown, and the others go on', async () => {
    const projection = projectionOf({ types: ['counted'] });
    const stream = streamName(category, 'a');
    await store.append(stream, 'any', [{ type: 'counted' }, { type: 'unheard-of' }, { type: 'unheard-of' }]);
    const position = await write('a', 1);
    await catchUp(projection, position);

    expect(await applied()).toEqual(['a@1', 'a@4']);
    expect(await projection.status()).toMatchObject({
      parked: 0,
      skipped: [{ type: 'unheard-of', events: 2, lastPosition: expect.any(String) }],
    });
  });
});

describe('several projections', () => {
  it('follow the same events on several instances, each with a leader and a place of its own', async () => {
    const names = ['x', 'y', 'z'].map((letter) => `${category}_${letter}`);
    const apply =
      (name: string, worker: string): ProjectionDeps['apply'] =>
      async ({ events, tx }) => {
        for (const { stream, version } of events) {
          await sql`insert into applied (projection, stream, version, worker)
            values (${name}, ${stream}, ${version}, ${worker})`.execute(tx);
        }
      };
    const instances = ['one', 'two'].flatMap((worker) =>
      names.map((name) => projectionOf({ name, batch: 2, apply: apply(name, worker) })),
    );
    started.push(...instances);
    await Promise.all(instances.map((projection) => projection.start()));
    const positions = await Promise.all(['a', 'b', 'c'].map((id) => write(id, 4)));
    for (const position of positions) {
      await Promise.all(instances.map((one) => one.whenProcessed(position, 10_000)));
    }

    const { rows } = await sql<{ projection: string; events: number; distinct_events: number }>`
      select projection, count(*)::integer as events, count(distinct (stream, version))::integer as distinct_events
      from applied where starts_with(projection, ${category}) group by projection order by projection`.execute(
      database.db,
    );
    expect(rows).toEqual(names.map((projection) => ({ projection, events: 12, distinct_events: 12 })));
  });
});

describe('a transaction that stays open', () => {
  it('is named as what holds the projection back', async () => {
    await database.db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ pid: number }>`
        select pg_backend_pid() as pid, pg_current_xact_id()::text as xid`.execute(tx);
      await write('a', 1);

      // Another test's transaction may be the oldest for a while.
      await expect
        .poll(() => projectionOf().status(), patience)
        .toMatchObject({
          lagEvents: 1,
          stalledBy: {
            pid: rows[0]?.pid,
            role: expect.any(String),
            database: expect.stringMatching(/^t_projection/),
          },
        });
    });
  });
});

describe('a database that is away for a moment', () => {
  it('pauses the projection, and is no failed try of an event', async () => {
    let isAway = true;
    const projection = projectionOf({
      tries: 1,
      apply: async ({ events: [event], tx }) => {
        if (isAway)
          throw new AppError({ code: 'database_unavailable', kind: 'unavailable', message: 'Away.' });
        await sql`insert into applied (projection, stream, version, worker)
          values (${category}, ${event?.stream}, ${event?.version}, 'one')`.execute(tx);
      },
    });
    const position = await write('a', 1);
    await expect
      .poll(() => projection.runOnce().catch(projection.status), patience)
      .toMatchObject({
        state: 'paused',
        parked: 0,
        lagEvents: 1,
      });

    isAway = false;
    await catchUp(projection, position);
    expect(await applied()).toEqual(['a@1']);
    expect(await projection.status()).toMatchObject({ state: 'stopped', parked: 0 });
  });
});

describe('a checkpoint of another database cluster', () => {
  it('stops the projection, since positions mean nothing here', async () => {
    const projection = projectionOf();
    await catchUp(projection, await write('a', 1));
    await sql`update event_checkpoints set timeline = 'elsewhere' where projection = ${category}`.execute(
      database.db,
    );

    await expect(projection.runOnce()).rejects.toMatchObject({ code: 'timeline_changed' });
    expect(await projection.status()).toMatchObject({ state: 'failed' });
  });
});
