import type { AnyDb, AnyTx } from '@gatehouse/database';
import { sql } from 'kysely';
import type { RecordedEvent } from './event-store.ts';

/** Characters of an error that are kept. */
const errorLimit = 2000;

/** Events that a projection could not apply: put aside where a person sees them, so that the others go on. */
export const createParkedEvents = (db: AnyDb, projection: string) => ({
  async park(
    tx: AnyTx,
    recorded: RecordedEvent,
    failure: Readonly<{ error: unknown; tries: number; at: number }>,
  ) {
    const { error, tries, at } = failure;
    await sql`
      insert into event_parked (projection, event_id, stream, version, position, error, tries, parked_at)
      values (${projection}, ${recorded.id}, ${recorded.stream}, ${recorded.version}, ${recorded.position},
        ${toErrorText(error)}, ${tries}, ${new Date(at).toISOString()}::timestamptz)
      on conflict (projection, event_id) do nothing`.execute(tx);
  },

  async count(): Promise<number> {
    const { rows } = await sql<{ parked: number }>`
      select count(*)::integer as parked from event_parked where projection = ${projection}`.execute(db);
    return rows[0]?.parked ?? 0;
  },
});

export const toErrorText = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, errorLimit);
