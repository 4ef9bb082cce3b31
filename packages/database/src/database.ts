import { type Clock, systemClock, wait } from '@gatehouse/resilience';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { databaseError, toDatabaseError } from './database-errors.ts';
import { poolFor } from './pool.ts';
import { valueTypes } from './value-types.ts';

/** Stands for the tables of every schema: code that serves them all cannot name them. */
// biome-ignore lint/suspicious/noExplicitAny: here and nowhere else
export type AnySchema = any;

/** A transaction of any schema, for kits that keep tables of their own in a service's database. */
export type AnyTx = Transaction<AnySchema>;
/** A Kysely of any schema. */
export type AnyDb = Kysely<AnySchema>;

export type Database<S = AnySchema> = Readonly<{
  db: Kysely<S>;
  /** With its password: for `listen` and `acquireSessionLock`, never for a log. */
  url: string;
  /** Throws `database_unavailable` when there is no answer within `timeoutMs` (2000). */
  ping(timeoutMs?: number): Promise<void>;
  /** Waits 5 s for work under way, then ends the connections under it. Safe to call twice. */
  close(): Promise<void>;
}>;

export type DatabaseOptions = Readonly<{
  url: string;
  /** What PostgreSQL shows in `pg_stat_activity`. */
  applicationName: string;
  /** Connections at most; work that finds none waits 5 s, then fails with `database_unavailable`. 8. */
  poolSize?: number;
  /** 15 000. Two seconds later the connection counts as dead. */
  statementTimeoutMs?: number;
  /** 10 000. */
  idleInTransactionTimeoutMs?: number;
  /** Told of connections lost while nobody used them: for a log line. What was under way fails by itself. */
  onError?: (error: Error) => void;
  clock?: Clock;
}>;

const closeTimeoutMs = 5_000;
const goodbyeMs = 1_000;

/**
 * Opens a pool on one database. Lazy: it connects when first used, so a database that is away fails the use, not the
 * opening, and comes back by itself.
 */
export const openDatabase = <S = AnySchema>(options: DatabaseOptions): Database<S> => {
  const { clock = systemClock } = options;
  const clients = new Set<pg.PoolClient>();
  const onError = options.onError ?? (() => {});
  const pool = new pg.Pool(poolConfig(options));
  // Both are needed: without the first a lost idle connection ends the process, without the second a lost busy one does.
  pool.on('error', onError);
  pool.on('connect', (client) => {
    clients.add(client);
    client.on('error', onError);
  });
  pool.on('remove', (client) => clients.delete(client));
  const db = new Kysely<S>({ dialect: new PostgresDialect({ pool: poolFor(pool) }) });
  let closing: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    const abandon = clock.schedule(closeTimeoutMs, () => {
      for (const client of clients) void client.end();
    });
    await db.destroy();
    // Kysely never asked for the pool when it was never used.
    if (!pool.ending) await pool.end();
    abandon();
    await whenGone(pool, clients);
  };

  return {
    db,
    url: options.url,
    async ping(timeoutMs = 2_000) {
      const answered = new AbortController();
      const late = wait(clock, timeoutMs, answered.signal).then(() => {
        throw databaseError('database_unavailable', {
          message: `The database did not answer within ${timeoutMs} ms.`,
          details: { retryAfterSeconds: 1 },
        });
      });
      late.catch(() => {});
      try {
        await Promise.race([sql`select 1`.execute(db), late]);
      } catch (error) {
        throw toDatabaseError(error);
      } finally {
        answered.abort();
      }
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
};

/**
 * The pool's own end only says goodbye. Until the server has answered, its side of a connection is still there, and a server
 * that is stopped next would log it as broken off.
 */
const whenGone = async (pool: pg.Pool, clients: ReadonlySet<pg.PoolClient>): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (clients.size === 0) resolve();
  };
  pool.on('remove', look);
  const giveUp = systemClock.schedule(goodbyeMs, resolve);
  look();
  await promise;
  giveUp();
};

const poolConfig = (options: DatabaseOptions): pg.PoolConfig => {
  const statementTimeoutMs = options.statementTimeoutMs ?? 15_000;
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.poolSize ?? 8,
    statement_timeout: statementTimeoutMs,
    // For a server that is frozen or cut off, which cannot time out by itself.
    query_timeout: statementTimeoutMs + 2_000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 10_000,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    pipeline: true,
    types: valueTypes,
  };
};
