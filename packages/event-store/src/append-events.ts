import type { AnyDb } from '@gatehouse/database';
import { listRows } from './list-rows.ts';

export type AppendRequest = Readonly<{
  stream: string;
  category: string;
  /** As `toExpectedNumber` says it. */
  expected: number;
  events: readonly Readonly<{ id: string; type: string; data: object }>[];
  schemaVersion: number;
  correlationId: string | null;
  causationId: string | null;
  /** ISO 8601. */
  recordedAt: string;
}>;

/** `version` and `position` are null where `expected` was not met. */
export type AppendRow = Readonly<{ version: number | null; actual: number; position: string | null }>;

/**
 * One round trip. One event at a known version, the common case, is one plain statement, which costs the server a fifth less than the
 * function that knows all cases; where it writes nothing, the function finds out why.
 */
export const appendEvents = async (executor: AnyDb, request: AppendRequest): Promise<AppendRow> => {
  const { stream, category, expected, events, schemaVersion, correlationId, causationId, recordedAt } =
    request;
  const [event] = events;
  if (events.length === 1 && event !== undefined && expected >= 0) {
    const values = [
      ...[stream, expected, category, event.id, event.type, schemaVersion, JSON.stringify(event.data)],
      ...[correlationId, causationId, recordedAt],
    ];
    const text = expected === 0 ? beginWithOneText : appendOneText;
    const [row] = await listRows<AppendRow>(executor, text, values);
    if (row !== undefined) return row;
  }
  const [row] = await listRows<AppendRow>(executor, appendText, [
    ...[stream, category, expected, JSON.stringify(events), schemaVersion],
    ...[correlationId, causationId, recordedAt],
  ]);
  return row as AppendRow;
};

// Texts that never change: nothing is put together for each call.
const appendText = `-- prepared: event-store-append
  select version, actual, position
  from append_to_stream($1, $2, $3::integer, $4::jsonb, $5::integer, $6, $7, $8::timestamptz)`;

const insertOne = `
  insert into events (xid, stream, version, category, id, type, schema_version, data,
    correlation_id, causation_id, recorded_at)
  select pg_current_xact_id(), $1, head.version, $3, $4::uuid, $5, $6::integer, $7::jsonb, $8, $9, $10::timestamptz
  from head
  returning version, version as actual, xid::text || ':' || seq::text as position`;

const appendOneText = `-- prepared: event-store-append-one
  with head as (
    update event_streams s set version = s.version + 1, last_xid = pg_current_xact_id()
    where s.stream = $1 and s.version = $2::integer and s.last_xid <= pg_current_xact_id()
    returning s.version
  )${insertOne}`;

const beginWithOneText = `-- prepared: event-store-begin-with-one
  with head as (
    insert into event_streams as s (stream, category, version, last_xid)
    values ($1, $3, $2::integer + 1, pg_current_xact_id())
    on conflict (stream) do nothing
    returning s.version
  )${insertOne}`;
