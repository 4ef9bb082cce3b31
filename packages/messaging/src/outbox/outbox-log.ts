import type { EventEnvelope } from '@gatehouse/contracts';
import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';
import { isInPartition, type Partition } from './partition.ts';

export type UnsentEvent = Readonly<{ position: string; event: EventEnvelope }>;

type PublishFailure = Readonly<{ position: string; reason: string }>;

/** The outbox as the relay of one partition sees it. */
export type OutboxLog = Readonly<{
  /** What may be sent now, oldest first; within a subject in order of `aggregateversion`. */
  readUnsent(limit: number): Promise<readonly UnsentEvent[]>;
  markSent(positions: readonly string[]): Promise<void>;
  /** Holds these, and with them what follows in their subjects, for 1 s, 2 s … at most 10 s. */
  hold(failures: readonly PublishFailure[]): Promise<void>;
  /** Lets everything that is held in this partition try at once. */
  releaseHeld(): Promise<void>;
}>;

type Row = Readonly<{
  position: string;
  event_id: string;
  type: string;
  subject: string;
  aggregate_version: string;
  time: Date;
  correlation_id: string;
  causation_id: string | null;
  traceparent: string | null;
  data: unknown;
}>;

export const createOutboxLog = ({
  db,
  service,
  partition,
}: {
  db: AnyDb;
  service: string;
  partition: Partition;
}): OutboxLog => ({
  readUnsent: async (limit) => {
    const { rows } = await sql<Row>`-- prepared: outbox-unsent
      select position, event_id, type, subject, aggregate_version, time,
        correlation_id, causation_id, traceparent, data
      from outbox_ready(${partition.index}::integer, ${partition.of}::integer, ${limit}::integer)`.execute(
      db,
    );
    return rows.map((row) => ({ position: row.position, event: toEnvelope(row, service) }));
  },
  markSent: async (positions) => {
    if (positions.length === 0) return;
    await sql`-- prepared: outbox-sent
      update outbox set sent_at = now(), held_until = null, last_error = null
      where position = any(${[...positions]}::bigint[])`.execute(db);
  },
  hold: async (failures) => {
    if (failures.length === 0) return;
    await sql`
      update outbox o set attempts = o.attempts + 1, last_error = f.reason,
        held_until = now() + least(10, power(2, least(o.attempts, 10))) * interval '1 second'
      from unnest(${failures.map((f) => f.position)}::bigint[], ${failures.map((f) => f.reason)}::text[])
        as f (position, reason)
      where o.position = f.position and o.sent_at is null`.execute(db);
  },
  releaseHeld: async () => {
    await sql`
      update outbox o set held_until = null
      where sent_at is null and held_until is not null and ${isInPartition(partition)}`.execute(db);
  },
});

const toEnvelope = (row: Row, service: string): EventEnvelope => ({
  specversion: '1.0',
  id: row.event_id,
  source: `gatehouse/${service}`,
  type: row.type,
  subject: row.subject,
  time: row.time.toISOString(),
  datacontenttype: 'application/json',
  data: row.data,
  correlationid: row.correlation_id,
  ...(row.causation_id === null ? {} : { causationid: row.causation_id }),
  ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
  aggregateversion: Number(row.aggregate_version),
});
