import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';
import { type EventRow, toRecordedEvent } from './event-rows.ts';
import type { EventStore } from './event-store.ts';
import { parsePosition, startPosition } from './position.ts';

export const readAllLimit = 1000;

/**
 * Follows all events without losing one: only those of transactions that no open transaction can precede, in order of
 * `(xid, seq)`. Note that any open write transaction on the server, of another database too, holds back what is newer.
 */
export const createReadAll =
  (db: AnyDb): EventStore['readAll'] =>
  async ({ after = startPosition, limit, categories }) => {
    if (!Number.isInteger(limit) || limit < 1 || limit > readAllLimit) {
      throw new RangeError(`a limit is 1 to ${readAllLimit}`);
    }
    const { xid, seq } = parsePosition(after);
    const ofCategories = categories === undefined ? sql`true` : sql`e.category = any(${[...categories]})`;
    const { rows } = await sql<EventRow>`
      select e.id, e.stream, e.category, e.version, e.xid::text || ':' || e.seq::text as position, e.type,
        e.schema_version, e.data, e.correlation_id, e.causation_id, e.recorded_at
      from events e
      where (e.xid, e.seq) > (${String(xid)}::xid8, ${String(seq)}::bigint)
        and e.xid < pg_snapshot_xmin(pg_current_snapshot())
        and ${ofCategories}
      order by e.xid, e.seq
      limit ${limit}`.execute(db);
    return { events: rows.map((row) => toRecordedEvent(row)), next: rows.at(-1)?.position };
  };
