import { openTestDatabase, type TestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { toDatabaseError } from './database-errors.ts';

let server: TestDatabase;

beforeAll(async () => {
  server = await openTestDatabase('database');
});
afterAll(() => server.drop());

const backendOf = async (database: Database): Promise<number> => {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database.db);
  return rows[0]?.pid ?? 0;
};

const within = async <T>(
  options: Partial<Parameters<typeof openDatabase>[0]>,
  use: (d: Database) => Promise<T>,
) => {
  const database = openDatabase({ url: server.url, applicationName: 'test', ...options });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
};

describe('a database that is opened', () => {
  it('answers a ping, under its application name', () =>
    within({ applicationName: 'posts' }, async (database) => {
      await database.ping();
      const { rows } = await sql<{
        name: string;
      }>`select current_setting('application_name') as name`.execute(database.db);
      expect(rows).toEqual([{ name: 'posts' }]);
    }));

  it('ends statements that take too long', () =>
    within({ statementTimeoutMs: 50 }, async ({ db }) => {
      const failure = await sql`select pg_sleep(10)`.execute(db).catch(toDatabaseError);
      expect(failure).toMatchObject({ code: 'database_timeout' });
    }));

  it('makes work wait for a connection when all are taken', () =>
    within({ poolSize: 1 }, async ({ db }) => {
      const answers = await Promise.all(
        [1, 2, 3].map((n) => sql<{ n: number }>`select ${n}::int as n`.execute(db)),
      );
      expect(answers.map(({ rows }) => rows[0]?.n)).toEqual([1, 2, 3]);
    }));

  it('is gone from the server once it is closed', async () => {
    const database = openDatabase({ url: server.url, applicationName: 'closing' });
    await Promise.all([1, 2, 3, 4].map(() => sql`select pg_sleep(0.02)`.execute(database.db)));
    await database.close();

    await within({}, async ({ db }) => {
      const { rows } = await sql`select pid from pg_stat_activity
        where application_name = 'closing' and datname = current_database()`.execute(db);
      expect(rows).toEqual([]);
    });
  });

  it('closes twice without a word, and when it was never used', async () => {
    const database = openDatabase({ url: server.url, applicationName: 'test' });
    await Promise.all([database.close(), database.close()]);
    await expect(database.ping()).rejects.toMatchObject({ code: 'database_unavailable' });
  });
});

describe('a connection that is lost', () => {
  it('while idle is told, and replaced', async () => {
    const onError = vi.fn();
    await within({ poolSize: 1, onError }, async (database) => {
      const pid = await backendOf(database);
      await within({}, ({ db }) => sql`select pg_terminate_backend(${pid})`.execute(db));

      await vi.waitFor(() => expect(onError).toHaveBeenCalled());
      expect(await backendOf(database)).not.toBe(pid);
    });
  });

  it('in the middle of a transaction fails that, and nothing else', () =>
    within({ poolSize: 1 }, async (database) => {
      const failure = await database.db
        .transaction()
        .execute((tx) => sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx))
        .catch(toDatabaseError);

      expect(failure).toMatchObject({ code: 'database_unavailable' });
      await database.ping();
    }));
});

describe('a connection that no longer answers', () => {
  it.skipIf(process.platform === 'win32')(
    'is given up two seconds after the statement should have ended, and not used again',
    () =>
      within({ poolSize: 1, statementTimeoutMs: 100 }, async (database) => {
        const pid = await backendOf(database);
        process.kill(pid, 'SIGSTOP');
        try {
          const failure = await sql`select 1`.execute(database.db).catch(toDatabaseError);
          expect(failure).toMatchObject({ code: 'database_unavailable' });
          expect(await backendOf(database)).not.toBe(pid);
        } finally {
          process.kill(pid, 'SIGCONT');
        }
      }),
  );
});

describe('a database that is away', () => {
  it('fails the use, not the opening', () =>
    within({ url: 'postgres://nobody:x@127.0.0.1:1/none' }, async (database) => {
      await expect(database.ping()).rejects.toMatchObject({
        code: 'database_unavailable',
        kind: 'unavailable',
      });
    }));
});
