import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';
import type { EventStore, Snapshot } from './event-store.ts';

export const createPostgresSnapshots = (db: AnyDb): Pick<EventStore, 'findSnapshot' | 'saveSnapshot'> => ({
  async findSnapshot<S>(stream: string, schemaHash: string, { tx }: { tx?: AnyDb } = {}) {
    const { rows } = await sql<Snapshot<S>>`
      select version, state from event_snapshots
      where stream = ${stream} and schema_hash = ${schemaHash}`.execute(tx ?? db);
    return rows[0];
  },

  async saveSnapshot(stream, schemaHash, { version, state }, { tx } = {}) {
    await sql`
      insert into event_snapshots as s (stream, schema_hash, version, state)
      values (${stream}, ${schemaHash}, ${version}, ${JSON.stringify(state)}::jsonb)
      on conflict (stream, schema_hash) do update set version = excluded.version, state = excluded.state
      where s.version < excluded.version`.execute(tx ?? db);
  },
});
