import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { openTestDatabase } from './test-database.ts';

const tablesOf = async (url: string): Promise<readonly string[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('create table if not exists seen (id int)');
  const { rows } = await client.query<{ database: string }>('select current_database() as database');
  await client.end();
  return rows.map(({ database }) => database);
};

describe('a database of a test', () => {
  it('is a new one each time, also under the same name', async () => {
    const [first, second] = await Promise.all([
      openTestDatabase('Orders & more'),
      openTestDatabase('Orders & more'),
    ]);

    const [[one], [two]] = await Promise.all([tablesOf(first.url), tablesOf(second.url)]);

    expect(one).toMatch(/^t_orders_more_[0-9a-f]{12}$/);
    expect(two).not.toBe(one);
    await Promise.all([first.drop(), second.drop()]);
  });

  it('is gone after its drop, whoever is still connected', async () => {
    const database = await openTestDatabase('dropped');
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => {});
    await client.connect();

    await database.drop();

    await expect(tablesOf(database.url)).rejects.toMatchObject({ code: '3D000' });
    await client.end();
  });
});
