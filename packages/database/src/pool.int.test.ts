import { openTestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { runText } from './run-text.ts';
import { createTransact } from './transact.ts';

let database: Database;
let close: () => Promise<void>;
beforeEach(async () => {
  const test = await openTestDatabase('pool');
  database = openDatabase({ url: test.url, applicationName: 'pool', poolSize: 1 });
  await sql`create table notes (n int primary key)`.execute(database.db);
  close = async () => {
    await database.close();
    await test.drop();
  };
});
afterEach(() => close());

const notes = async (): Promise<readonly number[]> =>
  (await sql<{ n: number }>`select n from notes order by n`.execute(database.db)).rows.map(({ n }) => n);
const add = (n: number) => sql`insert into notes (n) values (${n})`;

describe('a transaction, whose begin goes out with its first statement', () => {
  it('is one: all of it or nothing', async () => {
    const transact = createTransact({ db: database.db });
    await transact(async (tx) => {
      await add(1).execute(tx);
      await add(2).execute(tx);
    });
    const failing = transact(async (tx) => {
      await add(3).execute(tx);
      await add(1).execute(tx);
    });
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    const changingItsMind = transact(async (tx) => {
      await add(4).execute(tx);
      throw new RangeError('no');
    });
    await expect(changingItsMind).rejects.toThrow('no');

    expect(await notes()).toEqual([1, 2]);
  });

  it('fails with its first statement, and leaves a connection that works', async () => {
    const transact = createTransact({ db: database.db });
    await expect(transact((tx) => sql`select nothing from nowhere`.execute(tx))).rejects.toMatchObject({
      code: '42P01',
    });
    await transact((tx) => add(1).execute(tx));

    expect(await notes()).toEqual([1]);
  });

  it('in which nothing is asked is none', async () => {
    const transact = createTransact({ db: database.db });
    expect(await transact(async () => 7)).toBe(7);
    await expect(
      transact(async () => {
        throw new RangeError('no');
      }),
    ).rejects.toThrow('no');
    // On the same connection: not within a transaction of before.
    const { rows } = await sql<{ open: boolean }>`
      select xact_start < query_start as open from pg_stat_activity where pid = pg_backend_pid()`.execute(
      database.db,
    );
    expect(rows).toEqual([{ open: false }]);
  });

  it('whose connection is lost before the first statement says that the database is away', async () => {
    const transact = createTransact({ db: database.db });
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database.db);
    const other = openDatabase({ url: database.url, applicationName: 'other' });
    const outcome = transact(async (tx) => {
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(other.db);
      await add(1).execute(tx);
    });
    await expect(outcome).rejects.toMatchObject({ code: 'database_unavailable' });
    await other.close();
    await expect.poll(notes).toEqual([]);
  });
});

describe('a transaction, whose commit goes out with its last statement', () => {
  const addLast = '-- last, prepared: add-last\n insert into notes (n) values ($1) returning n';

  it('is one: all of it', async () => {
    const transact = createTransact({ db: database.db });
    for (const n of [1, 3]) {
      const rows = await transact(async (tx) => {
        await add(n).execute(tx);
        return runText<{ n: number }>(tx, addLast, [n + 1]);
      });
      expect(rows).toEqual([{ n: n + 1 }]);
    }
    expect(await transact((tx) => runText(tx, addLast, [5]))).toEqual([{ n: 5 }]);

    expect(await notes()).toEqual([1, 2, 3, 4, 5]);
  });

  it('or nothing, when that statement fails, and the connection works', async () => {
    const transact = createTransact({ db: database.db });
    const failing = transact(async (tx) => {
      await add(1).execute(tx);
      await runText(tx, addLast, [1]);
    });
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    await transact((tx) => add(2).execute(tx));

    expect(await notes()).toEqual([2]);
  });

  it('or nothing, when the commit itself fails', async () => {
    await sql`alter table notes add column of int references notes deferrable initially deferred`.execute(
      database.db,
    );
    const transact = createTransact({ db: database.db });
    const failing = transact((tx) =>
      runText(tx, '-- last, prepared: add-of\n insert into notes (n, of) values ($1, 77)', [1]),
    );
    await expect(failing).rejects.toMatchObject({ code: '23503' });
    await transact((tx) => add(2).execute(tx));

    expect(await notes()).toEqual([2]);
  });

  it('has nothing after it', async () => {
    const transact = createTransact({ db: database.db });
    const twoLasts = transact(async (tx) => {
      await runText(tx, addLast, [1]);
      await runText(tx, addLast, [2]);
    });

    await expect(twoLasts).rejects.toThrow('after the last one');
  });

  it('is of unknown outcome when the connection is lost on the way', async () => {
    const transact = createTransact({ db: database.db });
    const ending = '-- last, prepared: end-itself\n select pg_terminate_backend(pg_backend_pid(), $1)';

    await expect(transact((tx) => runText(tx, ending, [0]))).rejects.toMatchObject({
      code: 'database_unavailable',
      details: { outcome: 'unknown' },
    });
  });
});
