import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';
import { containsPattern } from '../contains-pattern.ts';
import type { EventHistory, EventRecord } from './event-history.ts';

type Row = Readonly<{
  event_id: string;
  type: string;
  subject: string;
  time: Date;
  correlation_id: string;
  causation_id: string | null;
  traceparent: string | null;
  command: string | null;
  aggregate_version: string;
  data: unknown;
  sent_at: Date | null;
}>;

/** Reads the outbox, which is the log of what a service said. */
export const createEventHistory = ({ db, service }: { db: AnyDb; service: string }): EventHistory => ({
  list: async ({ type, since, correlationId, limit = 100 } = {}) => {
    const { rows } = await sql<Row>`
      select event_id, type, subject, time, correlation_id, causation_id, traceparent, command, aggregate_version, data,
        sent_at
      from outbox
      where (${type ?? null}::text is null or type ilike ${containsPattern(type ?? '')})
        and (${since ?? null}::timestamptz is null or time >= ${since ?? null}::timestamptz)
        and (${correlationId ?? null}::text is null or correlation_id = ${correlationId ?? null})
      order by position desc
      limit ${Math.min(Math.max(limit, 1), 1000)}`.execute(db);
    return rows.map((row) => toRecord(row, service));
  },
});

const toRecord = (row: Row, service: string): EventRecord => ({
  id: row.event_id,
  service,
  type: row.type,
  subject: row.subject,
  time: row.time.toISOString(),
  correlationId: row.correlation_id,
  ...(row.causation_id === null ? {} : { causationId: row.causation_id }),
  ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
  ...(row.command === null ? {} : { command: row.command }),
  aggregateVersion: Number(row.aggregate_version),
  data: row.data,
  ...(row.sent_at === null ? {} : { sentAt: row.sent_at.toISOString() }),
});
