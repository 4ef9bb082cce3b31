import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';

/** A lane that stands still: its oldest message has failed and its time has not come, so what came later waits behind it. */
export type ParkedKey = Readonly<{
  consumer: string;
  key: string;
  /** The message in front. */
  eventId: string;
  type: string;
  correlationId: string;
  attempts: number;
  /** Why it failed last; missing for a replay that waits for its turn. */
  error?: string;
  firstFailedAt?: string;
  /** When it is tried again. */
  nextTryAt: string;
  /** Messages behind it. */
  behind: number;
}>;

export type ParkedKeys = Readonly<{
  /** Those that are tried next first; `limit` 1 to 1 000, default 100. */
  list(query?: { consumer?: string; limit?: number }): Promise<readonly ParkedKey[]>;
}>;

type Row = Readonly<{
  consumer: string;
  key: string;
  event_id: string;
  type: string;
  correlation_id: string;
  attempts: number;
  last_error: string | null;
  first_failed_at: Date | null;
  due_at: Date;
  behind: number;
}>;

export const createParkedKeys = (db: AnyDb): ParkedKeys => ({
  list: async ({ consumer, limit = 100 } = {}) => {
    const { rows } = await sql<Row>`
      select i.consumer, i.key, i.event_id, i.event ->> 'type' as type,
        i.event ->> 'correlationid' as correlation_id, i.attempts, i.last_error, i.first_failed_at, i.due_at,
        (select count(*)::int from inbox n
          where n.state = 'pending' and n.consumer = i.consumer and n.key = i.key
            and n.position > i.position) as behind
      from inbox i
      where i.state = 'pending' and i.due_at > now()
        and (${consumer ?? null}::text is null or i.consumer = ${consumer ?? null})
        and not exists (
          select 1 from inbox e
          where e.state = 'pending' and e.consumer = i.consumer and e.key = i.key and e.position < i.position)
      order by i.due_at, i.position
      limit ${Math.min(Math.max(limit, 1), 1000)}`.execute(db);
    return rows.map(toParkedKey);
  },
});

const toParkedKey = (row: Row): ParkedKey => ({
  consumer: row.consumer,
  key: row.key,
  eventId: row.event_id,
  type: row.type,
  correlationId: row.correlation_id,
  attempts: row.attempts,
  ...(row.last_error === null ? {} : { error: row.last_error }),
  ...(row.first_failed_at === null ? {} : { firstFailedAt: row.first_failed_at.toISOString() }),
  nextTryAt: row.due_at.toISOString(),
  behind: row.behind,
});
