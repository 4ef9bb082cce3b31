import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import { randomIds } from '@gatehouse/contracts';
import { type Database, migrate, openDatabase } from '@gatehouse/database';
import { startEmbeddedPostgres } from '@gatehouse/database/embedded';
import { createPostgresEventStore, type EventStore, eventStoreMigrations } from '@gatehouse/event-store';
import { ordersMigrations } from '@gatehouse/orders/migrations';
import { systemClock } from '@gatehouse/resilience';
import { sql } from 'kysely';
import pg from 'pg';

type Emmett = ReturnType<typeof getPostgreSQLEventStore>;

export type Site = Readonly<{
  database: Database;
  store: EventStore;
  pool: pg.Pool;
  emmett: Emmett;
  version: string;
}>;

/** As many connections for everybody. */
const connections = 20;

/** One PostgreSQL of its own, as the product starts it (each commit is on disk), with one database for all contenders. */
export const openSite = async (opened: AsyncDisposableStack): Promise<Site> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-bench-event-store-'));
  await chmod(dataDir, 0o755); // under root the server is another user, who must be able to enter
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({
    dataDir,
    databases: ['bench'],
    settings: { max_connections: '100' },
  });
  opened.defer(() => postgres.stop('immediate'));
  const url = postgres.url('bench');

  const database = openDatabase({
    url,
    applicationName: 'bench-ours',
    poolSize: connections,
    statementTimeoutMs: 600_000,
  });
  opened.defer(() => database.close());
  await migrate(database.db, { owner: 'event_store', migrations: eventStoreMigrations });
  await migrate(database.db, { owner: 'orders', migrations: ordersMigrations });
  await sql`create table inserted_events (like events including all)`.execute(database.db);

  const pool = new pg.Pool({ connectionString: url, max: connections });
  opened.defer(() => pool.end());
  const emmettPool = new pg.Pool({ connectionString: url, max: connections });
  opened.defer(() => emmettPool.end());
  const emmett = getPostgreSQLEventStore(url, { connectionOptions: { pooled: true, pool: emmettPool } });
  opened.defer(() => emmett.close());
  const { rows } = await pool.query<{ server_version: string }>('show server_version');
  return {
    database,
    pool,
    emmett,
    store: createPostgresEventStore({ db: database.db, clock: systemClock, ids: randomIds }),
    version: rows[0]?.server_version ?? '',
  };
};
