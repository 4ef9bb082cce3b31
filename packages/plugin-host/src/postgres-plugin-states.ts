import type { AnyDb, Migrations } from '@gatehouse/database';
import { type Kysely, sql } from 'kysely';
import type { PluginState, PluginStates } from './plugin-states.ts';

type PluginStatesSchema = {
  plugin_states: {
    name: string;
    version: string;
    state: PluginState['state'];
    config: unknown;
    updated_at: Date;
  };
};

/** Owner `plugin_host`. */
export const pluginHostMigrations: Migrations = {
  '0001_plugin_states': {
    up: async (db) => {
      await sql`
        create table plugin_states (
          name text primary key,
          version text not null,
          state text not null check (state in ('available', 'installed', 'active', 'inactive')),
          config jsonb not null,
          updated_at timestamptz not null default now()
        )`.execute(db);
    },
  },
};

/**
 * Keeps states in the service's database, for all of its instances. `exclusively` holds a session advisory lock on a
 * connection of its own from the pool, so the pool needs at least two; waiting is bounded by the statement timeout.
 */
export const createPluginStates = (anyDb: AnyDb): PluginStates => {
  const db = anyDb as Kysely<PluginStatesSchema>;
  return {
    read: async () => {
      const rows = await db
        .selectFrom('plugin_states')
        .select(['name', 'version', 'state', 'config'])
        .orderBy('name')
        .execute();
      return rows.map((row) => ({ ...row, config: row.config as PluginState['config'] }));
    },
    save: async ({ name, version, state, config }) => {
      const values = { version, state, config: JSON.stringify(config), updated_at: sql<Date>`now()` };
      await db
        .insertInto('plugin_states')
        .values({ name, ...values })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
        .execute();
    },
    exclusively: (work) =>
      db.connection().execute(async (connection) => {
        await sql`select pg_advisory_lock(hashtextextended('gatehouse.plugin_host', 0))`.execute(connection);
        try {
          return await work();
        } finally {
          await sql`select pg_advisory_unlock(hashtextextended('gatehouse.plugin_host', 0))`.execute(
            connection,
          );
        }
      }),
  };
};
