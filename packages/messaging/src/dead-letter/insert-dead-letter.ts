import type { EventEnvelope } from '@gatehouse/contracts';
import type { AnyTx } from '@gatehouse/database';
import { isAppError } from '@gatehouse/errors';
import { sql } from 'kysely';
import { toStorableJson, toStorableText } from '../storable-json.ts';

export type NewDeadLetter = Readonly<{
  id: string;
  consumer: string;
  eventId: string;
  /** `undefined` when the message is no event; `raw` has it then, as JSON. */
  event: EventEnvelope | undefined;
  raw: string | undefined;
  error: unknown;
  attempts: number;
  firstFailedAt: Date | undefined;
  replayOf: string | undefined;
}>;

export const insertDeadLetter = async (tx: AnyTx, letter: NewDeadLetter): Promise<void> => {
  const { event } = letter;
  const error = describeError(letter.error);
  await sql`
    insert into dead_letters
      (id, consumer, event_id, type, subject, correlation_id, event, raw, error_code, error_message, error_stack,
       attempts, first_failed_at, last_failed_at, replay_of)
    values
      (${letter.id}, ${letter.consumer}, ${letter.eventId}, ${event?.type ?? ''}, ${event?.subject ?? ''},
       ${event?.correlationid ?? null}, ${event === undefined ? null : toStorableJson(event)}::jsonb,
       ${letter.raw ?? null}::jsonb, ${error.code}, ${error.message}, ${error.stack},
       ${letter.attempts}, coalesce(${letter.firstFailedAt ?? null}::timestamptz, now()), now(),
       ${letter.replayOf ?? null})`.execute(tx);
};

const messageLimit = 2_000;
const stackLimit = 8_000;

/** An error as text that PostgreSQL takes, cut to a size that can be listed. */
export const describeError = (error: unknown): { code: string; message: string; stack: string | null } => ({
  code: isAppError(error) ? error.code : 'internal_error',
  message: storableText(messageOf(error), messageLimit),
  stack: error instanceof Error && error.stack ? storableText(stackOf(error), stackLimit) : null,
});

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const fields = isAppError(error) ? (error.details.errors ?? []) : [];
  return [error.message, ...fields.map(({ path, message }) => `${path}: ${message}`)].join(' ');
};

const stackOf = (error: Error): string =>
  error.cause instanceof Error ? `${error.stack}\ncaused by ${error.cause.stack}` : String(error.stack);

const storableText = (text: string, limit: number): string => toStorableText(text.slice(0, limit));
