import { sql } from 'kysely';
import type { DomainEvent, RecordedEvent } from './event-store.ts';
import type { StreamName } from './stream-name.ts';

/** An event as the queries here select it, with `eventColumns`. */
export type EventRow = Readonly<{
  id: string;
  stream: string;
  category: string;
  version: number;
  xid: string;
  seq: string;
  type: string;
  schema_version: number;
  data: object;
  correlation_id: string | null;
  causation_id: string | null;
  /** A JSON text, in UTC: the driver's `Date` would be half of the cost of reading an event. */
  recorded_at: string;
}>;

/** Of the events named `e`. */
export const eventColumnsText = `e.id, e.stream, e.category, e.version, e.xid, e.seq, e.type, e.schema_version, e.data,
  e.correlation_id, e.causation_id, to_json(e.recorded_at at time zone 'UTC')::text as recorded_at`;

export const eventColumns = sql.raw(eventColumnsText);

/** The row is the caller's own, fresh from the driver: its `data` becomes the event. */
export const toRecordedEvent = <E extends DomainEvent>(row: EventRow): RecordedEvent<E> => {
  const event = row.data as { type?: string };
  event.type = row.type;
  const recorded: { -readonly [K in keyof RecordedEvent<E>]: RecordedEvent<E>[K] } = {
    id: row.id,
    stream: row.stream as StreamName,
    category: row.category,
    version: row.version,
    position: `${row.xid}:${row.seq}`,
    type: row.type,
    schemaVersion: row.schema_version,
    event: event as E,
    recordedAt: toIsoTime(row.recorded_at),
  };
  if (row.correlation_id !== null) recorded.correlationId = row.correlation_id;
  if (row.causation_id !== null) recorded.causationId = row.causation_id;
  return recorded;
};

/** `"2026-01-05T09:00:00.12"`, quotes included, with three digits after the point and a Z. */
const toIsoTime = (json: string): string =>
  `${json.slice(1, 20)}.${json.slice(21, -1).slice(0, 3).padEnd(3, '0')}Z`;
