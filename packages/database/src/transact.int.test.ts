import { AppError } from '@gatehouse/errors';
import { openTestDatabase, type TestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AnyTx, type Database, openDatabase } from './database.ts';
import { createTransact } from './transact.ts';

let server: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await openTestDatabase('transact');
  database = openDatabase({ url: server.url, applicationName: 'test' });
  await sql`create table accounts (name text primary key, amount int not null)`.execute(database.db);
});
beforeEach(async () => {
  await sql`truncate accounts`.execute(database.db);
  await sql`insert into accounts values ('anna', 10), ('ben', 10)`.execute(database.db);
});
afterAll(async () => {
  await database.close();
  await server.drop();
});

const add = (tx: AnyTx, name: string, amount: number) =>
  sql`update accounts set amount = amount + ${amount} where name = ${name}`.execute(tx);

const amounts = async (): Promise<readonly number[]> => {
  const { rows } = await sql<{ amount: number }>`select amount from accounts order by name`.execute(
    database.db,
  );
  return rows.map(({ amount }) => amount);
};

const raise = (tx: AnyTx, code: string) =>
  sql`do ${sql.lit(`begin raise exception 'planted' using errcode = '${code}'; end`)}`.execute(tx);

describe('a transaction', () => {
  it('is kept as a whole, and then told', async () => {
    const afterCommit = vi.fn();
    const transact = createTransact({ db: database.db, afterCommit });

    const answer = await transact(async (tx) => {
      await add(tx, 'anna', -3);
      await add(tx, 'ben', 3);
      expect(afterCommit).not.toHaveBeenCalled();
      return 'moved';
    });

    expect(answer).toBe('moved');
    expect(await amounts()).toEqual([7, 13]);
    expect(afterCommit).toHaveBeenCalledOnce();
  });

  it('leaves nothing when its work refuses, and the refusal comes out as it was', async () => {
    const afterCommit = vi.fn();
    const transact = createTransact({ db: database.db, afterCommit });
    const refusal = new AppError({ code: 'too_poor', kind: 'conflict', message: 'no' });

    const failure = await transact(async (tx) => {
      await add(tx, 'anna', -3);
      throw refusal;
    }).catch((error: unknown) => error);

    expect(failure).toBe(refusal);
    expect(await amounts()).toEqual([10, 10]);
    expect(afterCommit).not.toHaveBeenCalled();
  });
});

describe('a transaction that loses against another', () => {
  it.each(['40001', '40P01'])('runs again after %s', async (code) => {
    const transact = createTransact({ db: database.db });
    let runs = 0;

    await transact(async (tx) => {
      runs += 1;
      await add(tx, 'anna', 1);
      if (runs < 4) await raise(tx, code);
    });

    expect(runs).toBe(4);
    expect(await amounts()).toEqual([11, 10]);
  });

  it('gives up after three retries', async () => {
    const transact = createTransact({ db: database.db });
    let runs = 0;

    const failure = transact(async (tx) => {
      runs += 1;
      await raise(tx, '40001');
    });

    await expect(failure).rejects.toMatchObject({ code: '40001' });
    expect(runs).toBe(4);
  });

  it('has both of two done that deadlock for real', async () => {
    const transact = createTransact({ db: database.db });
    let arrived = 0;
    const { promise: both, resolve } = Promise.withResolvers<void>();
    const move = (from: string, to: string) =>
      transact(async (tx) => {
        await add(tx, from, -1);
        arrived += 1;
        if (arrived === 2) resolve();
        await both;
        await add(tx, to, 1);
      });

    await Promise.all([move('anna', 'ben'), move('ben', 'anna')]);

    expect(arrived).toBeGreaterThan(2);
    expect(await amounts()).toEqual([10, 10]);
  });
});

describe('a transaction whose connection is lost', () => {
  const endConnection = (tx: AnyTx) => sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx);

  it('during the work is not kept, and not tried again', async () => {
    const transact = createTransact({ db: database.db });
    let runs = 0;

    const failure = transact(async (tx) => {
      runs += 1;
      await add(tx, 'anna', 1);
      await endConnection(tx);
    });

    await expect(failure).rejects.toMatchObject({ code: 'database_unavailable', kind: 'unavailable' });
    expect(runs).toBe(1);
    expect(await amounts()).toEqual([10, 10]);
  });

  it('says so when nobody knows whether it was kept', async () => {
    const transact = createTransact({ db: database.db });

    const failure = transact(async (tx) => {
      await add(tx, 'anna', 1);
      await endConnection(tx).catch(() => {});
    });

    await expect(failure).rejects.toMatchObject({
      code: 'database_unavailable',
      details: { outcome: 'unknown' },
    });
  });

  it('hides no refusal that came before', async () => {
    const transact = createTransact({ db: database.db });
    const refusal = new AppError({ code: 'too_poor', kind: 'conflict', message: 'no' });

    const failure = transact(async (tx) => {
      await endConnection(tx).catch(() => {});
      throw refusal;
    });

    await expect(failure).rejects.toBe(refusal);
  });
});
