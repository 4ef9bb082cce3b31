import type { AnyDb } from '@gatehouse/database';
import { type RawBuilder, sql } from 'kysely';
import { type EventRow, eventColumns, toRecordedEvent } from './event-rows.ts';
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
    const page = (ofCategory: RawBuilder<unknown>) => sql`
      select ${eventColumns}
      from events e
      where ${ofCategory}
        and (e.xid, e.seq) > (${String(xid)}::xid8, ${String(seq)}::bigint)
        and e.xid < pg_snapshot_xmin(pg_current_snapshot())
      order by e.xid, e.seq
      limit ${limit}`;
    // Category by category, so that each is one range of its index, however rare the category is among all events.
    const found =
      categories === undefined
        ? sql`(${page(sql`true`)}) found`
        : sql`unnest(${[...categories]}::text[]) as c (category)
            cross join lateral (${page(sql`e.category = c.category`)}) found`;
    const { rows } = await sql<EventRow>`
      select found.id, found.stream, found.category, found.version, found.xid, found.seq, found.type,
        found.schema_version, found.data, found.correlation_id, found.causation_id, found.recorded_at
      from ${found}
      order by found.xid, found.seq
      limit ${limit}`.execute(db);
    const events = rows.map((row) => toRecordedEvent(row));
    return { events, next: events.at(-1)?.position };
  };
