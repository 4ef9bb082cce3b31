import { openTestDatabase, type TestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnyDb, type Database, openDatabase } from './database.ts';
import { type Migrations, migrate } from './migrate.ts';

let server: TestDatabase;
let databases: Database[];

const open = (statementTimeoutMs = 15_000): AnyDb => {
  const database = openDatabase({
    url: server.url,
    applicationName: 'test',
    poolSize: 2,
    statementTimeoutMs,
  });
  databases.push(database);
  return database.db;
};

beforeEach(async () => {
  server = await openTestDatabase('migrate');
  databases = [];
});
afterEach(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await server.drop();
});

const creating = (table: string): Migrations[string] => ({
  up: async (db) => {
    await sql`create table ${sql.table(table)} (id int)`.execute(db);
  },
});

const posts: Migrations = { '0001_init': creating('posts'), '0002_tags': creating('tags') };

describe('migrations', () => {
  it('run once, in order', async () => {
    const db = open();

    expect(await migrate(db, { owner: 'posts', migrations: posts })).toEqual(['0001_init', '0002_tags']);
    expect(await migrate(db, { owner: 'posts', migrations: posts })).toEqual([]);
    expect(
      await migrate(db, { owner: 'posts', migrations: { ...posts, '0003_more': creating('more') } }),
    ).toEqual(['0003_more']);
  });

  it('of two owners know nothing of each other', async () => {
    const db = open();
    await migrate(db, { owner: 'posts', migrations: posts });

    expect(
      await migrate(db, { owner: 'messaging', migrations: { '0001_init': creating('outbox') } }),
    ).toEqual(['0001_init']);
  });

  it('are run by one of many instances that start at once', async () => {
    const runs = await Promise.all(
      Array.from({ length: 6 }, () => migrate(open(), { owner: 'posts', migrations: posts })),
    );

    expect(runs.flat().sort()).toEqual(['0001_init', '0002_tags']);
  });

  it('may take longer than a request may', async () => {
    const slow: Migrations = {
      '0001_slow': { up: async (db) => void (await sql`select pg_sleep(0.3)`.execute(db)) },
    };
    const db = open(100);

    expect(await migrate(db, { owner: 'posts', migrations: slow })).toEqual(['0001_slow']);
    await expect(sql`select pg_sleep(10)`.execute(db)).rejects.toMatchObject({ code: '57014' });
  });

  it('leave nothing of a run that failed', async () => {
    const db = open();
    const failing: Migrations = {
      ...posts,
      '0003_wrong': { up: async (tx) => void (await sql`create wrong`.execute(tx)) },
    };

    await expect(migrate(db, { owner: 'posts', migrations: failing })).rejects.toMatchObject({
      code: '42601',
    });

    expect(await migrate(db, { owner: 'posts', migrations: posts })).toEqual(['0001_init', '0002_tags']);
  });

  it('say when the database is away', async () => {
    const database = openDatabase({ url: 'postgres://x:x@127.0.0.1:1/x', applicationName: 'test' });
    databases.push(database);

    await expect(migrate(database.db, { owner: 'posts', migrations: posts })).rejects.toMatchObject({
      code: 'database_unavailable',
    });
  });
});
