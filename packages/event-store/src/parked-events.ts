import type { AnyDb, AnyTx } from '@gatehouse/database';
import { sql } from 'kysely';
import { type EventRow, eventColumns, toRecordedEvent } from './event-rows.ts';
import type { DomainEvent, RecordedEvent } from './event-store.ts';
import { eventStoreError } from './event-store-errors.ts';
import type { Position } from './position.ts';
import type { StreamName } from './stream-name.ts';

/** Characters of an error, and of its stack, that are kept. */
const errorLimit = 2000;

/** An event that a projection could not apply. `id` is the event's. */
export type ParkedEvent = Readonly<{
  id: string;
  projection: string;
  stream: StreamName;
  version: number;
  position: Position;
  type: string;
  event: DomainEvent;
  error: string;
  stack?: string;
  tries: number;
  firstFailedAt: string;
  lastFailedAt: string;
}>;

export type ParkedQuery = Readonly<{
  /** Any part of the event's type. */
  type?: string;
  /** Any part of the error. */
  error?: string;
  /** 1 to 1 000, default 100. */
  limit?: number;
}>;

export type Failure = Readonly<{ error: unknown; tries: number; firstAt: number; at: number }>;

/** Events that a projection could not apply: put aside where a person sees them, so that the others go on. */
export const createParkedEvents = (db: AnyDb, projection: string) => ({
  async park(tx: AnyTx, recorded: RecordedEvent, { error, tries, firstAt, at }: Failure): Promise<void> {
    await sql`
      insert into event_parked (projection, event_id, stream, version, position, type, error, stack, tries,
        parked_at, first_failed_at, last_failed_at)
      values (${projection}, ${recorded.id}, ${recorded.stream}, ${recorded.version}, ${recorded.position},
        ${recorded.type}, ${toErrorText(error)}, ${toStack(error)}, ${tries},
        ${toTime(at)}::timestamptz, ${toTime(firstAt)}::timestamptz, ${toTime(at)}::timestamptz)
      on conflict (projection, event_id) do nothing`.execute(tx);
  },

  async count(): Promise<number> {
    const { rows } = await sql<{ parked: number }>`
      select count(*)::integer as parked from event_parked where projection = ${projection}`.execute(db);
    return rows[0]?.parked ?? 0;
  },

  /** Newest first. */
  async list({ type = '', error = '', limit = 100 }: ParkedQuery = {}): Promise<readonly ParkedEvent[]> {
    const { rows } = await sql<ParkedRow>`
      select p.event_id, p.projection, p.stream, p.version, p.position, p.type, e.data, p.error, p.stack, p.tries,
        p.first_failed_at, p.last_failed_at
      from event_parked p join events e on e.stream = p.stream and e.version = p.version
      where p.projection = ${projection} and strpos(p.type, ${type}) > 0 and strpos(p.error, ${error}) > 0
      order by p.parked_at desc, p.event_id desc
      limit ${limit}`.execute(db);
    return rows.map(toParkedEvent);
  },

  /** Takes the row for this transaction; `projection_not_found` without one. */
  async take(tx: AnyTx, eventId: string): Promise<RecordedEvent> {
    const { rows } = await sql<EventRow>`
      select ${eventColumns}
      from event_parked p join events e on e.stream = p.stream and e.version = p.version
      where p.projection = ${projection} and p.event_id = ${eventId}
      for update of p`.execute(tx);
    const [row] = rows;
    if (row === undefined) throw eventStoreError('projection_not_found', { details: { eventId } });
    return toRecordedEvent(row);
  },

  async remove(executor: AnyDb, eventId: string): Promise<void> {
    const { numAffectedRows } = await sql`
      delete from event_parked where projection = ${projection} and event_id = ${eventId}`.execute(executor);
    if (numAffectedRows === 0n) throw eventStoreError('projection_not_found', { details: { eventId } });
  },

  async noteFailure(eventId: string, error: unknown, at: number): Promise<void> {
    await sql`
      update event_parked set error = ${toErrorText(error)}, stack = ${toStack(error)}, tries = tries + 1,
        last_failed_at = ${toTime(at)}::timestamptz
      where projection = ${projection} and event_id = ${eventId}`.execute(db);
  },
});

export type ParkedEvents = ReturnType<typeof createParkedEvents>;

export const toErrorText = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, errorLimit);

const toStack = (error: unknown): string | null =>
  error instanceof Error ? (error.stack?.slice(0, errorLimit) ?? null) : null;

const toTime = (ms: number): string => new Date(ms).toISOString();

type ParkedRow = Readonly<{
  event_id: string;
  projection: string;
  stream: string;
  version: number;
  position: string;
  type: string;
  data: object;
  error: string;
  stack: string | null;
  tries: number;
  first_failed_at: Date;
  last_failed_at: Date;
}>;

const toParkedEvent = (row: ParkedRow): ParkedEvent => ({
  id: row.event_id,
  projection: row.projection,
  stream: row.stream as StreamName,
  version: row.version,
  position: row.position,
  type: row.type,
  event: { ...row.data, type: row.type },
  error: row.error,
  ...(row.stack === null ? {} : { stack: row.stack }),
  tries: row.tries,
  firstFailedAt: row.first_failed_at.toISOString(),
  lastFailedAt: row.last_failed_at.toISOString(),
});
