import { openTestDatabase, type TestDatabase } from '@gatehouse/testing';
import { CompiledQuery, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from './database.ts';

let server: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await openTestDatabase('pool');
  database = openDatabase({ url: server.url, applicationName: 'test', poolSize: 1 });
});
afterAll(async () => {
  await database.close();
  await server.drop();
});

const prepared = async (): Promise<readonly string[]> => {
  const { rows } = await sql<{ name: string }>`select name from pg_prepared_statements order by name`.execute(
    database.db,
  );
  return rows.map(({ name }) => name);
};

describe('a statement that is named in its first line', () => {
  it('is prepared once a connection, and answers as ever', async () => {
    const add = (a: number, b: number) =>
      database.db.executeQuery<{ sum: number }>(
        CompiledQuery.raw('-- prepared: add\nselect $1::integer + $2::integer as sum', [a, b]),
      );

    expect((await add(1, 2)).rows).toEqual([{ sum: 3 }]);
    expect((await add(3, 4)).rows).toEqual([{ sum: 7 }]);
    expect(await prepared()).toEqual(['add']);
  });
});

describe('any other statement', () => {
  it('leaves nothing behind', async () => {
    const before = await prepared();
    await sql`select ${1}::integer`.execute(database.db);

    expect(await prepared()).toEqual(before);
  });
});
