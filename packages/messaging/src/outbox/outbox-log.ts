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

/**
 * An unsent row is ready unless one of its subject that goes before it is held back, or stands behind it in the table.
 * (Versions and positions only disagree when a later change was written first; the earlier one then goes first, and this
 * one with the next batch.) Needs no snapshot of transaction ids: a change that builds on another sees it committed.
 */
const isReadyToSend = sql<boolean>`
  o.sent_at is null and (o.held_until is null or o.held_until <= now()) and not exists (
    select 1 from outbox e
    where e.sent_at is null and e.subject = o.subject
      and (e.aggregate_version, e.position) < (o.aggregate_version, o.position)
      and (e.position > o.position or e.held_until > now()))`;

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
    const { rows } =
      await sql<Row>`-- prepared: outbox-unsent-${sql.raw(`${partition.index}-${partition.of}-${limit}`)}
      select o.position::text as position, o.event_id, o.type, o.subject, o.aggregate_version, o.time,
        o.correlation_id, o.causation_id, o.traceparent, o.data
      from outbox o where ${isReadyToSend} and ${isInPartition(partition)} order by o.position limit ${sql.lit(limit)}`.execute(
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
