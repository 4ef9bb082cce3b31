import type { EventEnvelope } from '@gatehouse/contracts';
import { sql } from 'kysely';
import { containsPattern } from '../contains-pattern.ts';
import type { DeadLetter, DeadLetterQuery } from './dead-letter.ts';

export type DeadLetterRow = Readonly<{
  id: string;
  consumer: string;
  event_id: string;
  type: string;
  subject: string;
  correlation_id: string | null;
  event: EventEnvelope | null;
  raw: unknown;
  has_raw: boolean;
  edited_data: unknown;
  is_edited: boolean;
  error_code: string;
  error_message: string;
  error_stack: string | null;
  attempts: number;
  first_failed_at: Date;
  last_failed_at: Date;
  replay_of: string | null;
  status: DeadLetter['status'];
}>;

export const deadLetterColumns = sql`
  id, consumer, event_id, type, subject, correlation_id, event, raw, raw is not null as has_raw, edited_data,
  edited_data is not null as is_edited, error_code, error_message, error_stack, attempts, first_failed_at,
  last_failed_at, replay_of, status`;

/** The condition of a filter; a part that is not given fits all. */
export const fitting = ({ consumer, type, error }: DeadLetterQuery) => sql<boolean>`
  (${consumer ?? null}::text is null or consumer = ${consumer ?? null})
  and (${type ?? null}::text is null or type ilike ${containsPattern(type ?? '')})
  and (${error ?? null}::text is null or error_code ilike ${containsPattern(error ?? '')}
    or error_message ilike ${containsPattern(error ?? '')})`;

export const toDeadLetter = (row: DeadLetterRow): DeadLetter => ({
  id: row.id,
  consumer: row.consumer,
  eventId: row.event_id,
  type: row.type,
  subject: row.subject,
  ...(row.correlation_id === null ? {} : { correlationId: row.correlation_id }),
  event: row.event ?? undefined,
  ...(row.has_raw ? { raw: row.raw } : {}),
  ...(row.is_edited ? { editedData: row.edited_data } : {}),
  error: {
    code: row.error_code,
    message: row.error_message,
    ...(row.error_stack === null ? {} : { stack: row.error_stack }),
  },
  attempts: row.attempts,
  firstFailedAt: row.first_failed_at.toISOString(),
  lastFailedAt: row.last_failed_at.toISOString(),
  ...(row.replay_of === null ? {} : { replayOf: row.replay_of }),
  status: row.status,
});
