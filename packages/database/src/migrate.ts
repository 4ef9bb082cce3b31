import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { AnyDb } from './database.ts';
import { toDatabaseError } from './database-errors.ts';

/** By name, run in the order of the names: `'0001_init': { up, down? }`. One that has run is never changed again. */
export type Migrations = Readonly<Record<string, Migration>>;

export type MigrateOptions = Readonly<{
  /** Whose migrations these are: each owner keeps a table `<owner>_migrations` of its own in the same database. */
  owner: string;
  migrations: Migrations;
}>;

/** Longer than any migration may take, the wait for another instance's included. */
const timeoutMs = 10 * 60_000;

/**
 * Runs what has not run yet, all of it in one transaction, and gives back the names. Any number of instances may call it
 * at once: one migrates, the others wait for it (10 minutes at most) and find it done.
 */
export const migrate = async (
  db: AnyDb,
  { owner, migrations }: MigrateOptions,
): Promise<readonly string[]> => {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(owner)) throw new Error(`'${owner}' cannot own migrations.`);
  try {
    return await db.connection().execute(async (connection) => {
      // The pool's limit for a statement is for requests: too short for an index, or for waiting for another instance.
      await sql`select set_config('statement_timeout', ${String(timeoutMs)}, false)`.execute(connection);
      try {
        return await runMigrations(connection, owner, migrations);
      } finally {
        await sql`reset statement_timeout`.execute(connection).catch(() => {});
      }
    });
  } catch (error) {
    throw toDatabaseError(error);
  }
};

const runMigrations = async (
  db: AnyDb,
  owner: string,
  migrations: Migrations,
): Promise<readonly string[]> => {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: `${owner}_migrations`,
    migrationLockTableName: `${owner}_migrations_lock`,
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return results.map(({ migrationName }) => migrationName);
};
