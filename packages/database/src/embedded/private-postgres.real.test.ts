import { type Postgres, startPostgres } from '@gatehouse/testing/servers';
import { realServerContract } from '@gatehouse/testing/servers/contract';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from './start-embedded-postgres.ts';

const start = (): Promise<Postgres> => startPostgres({ launch: startEmbeddedPostgres, databases: ['posts'] });

const query = async (url: string, statement: string, timeoutMs = 10_000): Promise<pg.QueryResult> => {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.query(statement);
  } finally {
    await client.end();
  }
};

realServerContract({
  start,
  ask: ({ url }, timeoutMs) => query(url, 'select 1', timeoutMs),
  write: async (server) => {
    await query(server.databaseUrl('posts'), 'create table trace as select 1 as one');
  },
  hasWritten: async (server) =>
    (await query(server.databaseUrl('posts'), 'select one from trace')).rowCount === 1,
});

describe('a PostgreSQL restarted at once', () => {
  let server: Postgres;

  beforeAll(async () => {
    server = await start();
  });

  afterAll(() => server.dispose());

  it('cuts its connections and keeps what was committed', async () => {
    const client = new pg.Client({ connectionString: server.databaseUrl('posts') });
    client.on('error', () => {});
    await client.connect();
    await client.query('create table kept as select 1 as one');
    const cut = new Promise((resolve) => client.once('end', resolve));
    const firstPid = server.pid();
    await server.restartImmediate();
    await cut;

    expect(server.pid()).not.toBe(firstPid);
    expect((await query(server.databaseUrl('posts'), 'select one from kept')).rowCount).toBe(1);
  });
});
