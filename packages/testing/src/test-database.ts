import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's URL of the test run's own PostgreSQL; `vitest.global-setup.ts` provides it. */
    postgresUrl: string;
  }
}

export type TestDatabase = Readonly<{ url: string; drop(): Promise<void> }>;

/**
 * A fresh, empty database on the test run's server, for `*.int.test.ts`. `name` is for people who look at the server; what
 * is unique is added. `drop` ends whoever is still connected.
 */
export const openTestDatabase = async (name: string): Promise<TestDatabase> => {
  const url = new URL(inject('postgresUrl'));
  const readable = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
  const database = `t_${readable.slice(0, 40)}_${randomBytes(6).toString('hex')}`;
  await asSuperuser(`create database ${database} template template0`);
  url.pathname = `/${database}`;
  return { url: url.href, drop: () => asSuperuser(`drop database if exists ${database} with (force)`) };
};

const asSuperuser = async (statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: inject('postgresUrl'), connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};
