import type { AnyDb, AnyTx } from '@gatehouse/database';
import { sql } from 'kysely';
import type { RecordedEvent } from './event-store.ts';
import type { Position } from './position.ts';

/** A type that the running code does not know, and how many events of it were passed over. */
export type SkippedType = Readonly<{ type: string; events: number; lastPosition: Position }>;

/**
 * Events of types that nobody knew when they came, as after a roll-back of the code: passed over, and counted where a person
 * sees them. Once the code knows the type, a rebuild makes up for it.
 */
export const createSkippedTypes = (db: AnyDb, projection: string) => ({
  async note(tx: AnyTx, events: readonly RecordedEvent[]): Promise<void> {
    for (const [type, ofType] of Map.groupBy(events, (event) => event.type)) {
      await sql`
        insert into event_skipped as s (projection, type, events, last_position)
        values (${projection}, ${type}, ${ofType.length}, ${ofType.at(-1)?.position})
        on conflict (projection, type) do update
        set events = s.events + excluded.events, last_position = excluded.last_position`.execute(tx);
    }
  },

  async list(): Promise<readonly SkippedType[]> {
    const { rows } = await sql<{ type: string; events: string; last_position: string }>`
      select type, events, last_position from event_skipped where projection = ${projection}
      order by type limit 100`.execute(db);
    return rows.map(({ type, events, last_position }) => ({
      type,
      events: Number(events),
      lastPosition: last_position,
    }));
  },
});
