import type { EventEnvelope } from '@gatehouse/contracts';
import type { AnyTx } from '@gatehouse/database';
import { isAppError } from '@gatehouse/errors';
import { sql } from 'kysely';
import { messagingError } from '../messaging-errors.ts';
import { toStorableJson } from '../storable-json.ts';
import type { Subscription } from '../subscription.ts';
import type { DeadLetter, ReplayReport } from './dead-letter.ts';

export type FindSubscription = (consumer: string) => Subscription | undefined;

/** What would come of a replay, as far as anybody can say without doing it. */
export const reportOn = async (
  tx: AnyTx,
  findSubscription: FindSubscription,
  { letter, dryRun }: { letter: DeadLetter; dryRun: boolean },
): Promise<ReplayReport> => {
  const event = eventToReplay(letter);
  const reason = refusalOf(findSubscription(letter.consumer), event);
  return {
    id: letter.id,
    consumer: letter.consumer,
    type: letter.type,
    dryRun,
    accepted: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    overtaken: event !== undefined && (await isOvertaken(tx, letter.consumer, event)),
  };
};

/**
 * Puts it into the inbox, as the newest of its key, and settles it. The event keeps its id, so that what it causes keeps its
 * lineage; the count of replays makes the row its own.
 */
export const sendBack = async (tx: AnyTx, letter: DeadLetter, delaySeconds: number): Promise<void> => {
  const event = eventToReplay(letter);
  if (event === undefined) throw messagingError('dead_letter_unreadable');
  await sql`
    insert into inbox (consumer, event_id, replay, key, aggregate_version, event, replay_of, due_at)
    select ${letter.consumer}, ${letter.eventId}, coalesce(max(replay), 0) + 1, ${event.subject},
      ${event.aggregateversion}, ${toStorableJson(event)}::jsonb, ${letter.id},
      now() + ${delaySeconds} * interval '1 second'
    from inbox where consumer = ${letter.consumer} and event_id = ${letter.eventId}`.execute(tx);
  await sql`update dead_letters set status = 'replayed', settled_at = now() where id = ${letter.id}`.execute(
    tx,
  );
};

const eventToReplay = (letter: DeadLetter): EventEnvelope | undefined =>
  letter.event !== undefined && 'editedData' in letter
    ? { ...letter.event, data: letter.editedData }
    : letter.event;

const refusalOf = (
  subscription: Subscription | undefined,
  event: EventEnvelope | undefined,
): string | undefined => {
  if (event === undefined) return messagingError('dead_letter_unreadable').message;
  if (subscription === undefined) return messagingError('dead_letter_consumer_gone').message;
  try {
    subscription.check?.(event);
    return undefined;
  } catch (error) {
    if (isAppError(error)) return error.message;
    throw error;
  }
};

const isOvertaken = async (tx: AnyTx, consumer: string, event: EventEnvelope): Promise<boolean> => {
  const { rows } = await sql<{ overtaken: boolean }>`
    select exists (
      select 1 from inbox where consumer = ${consumer} and key = ${event.subject} and state = 'done'
        and aggregate_version > ${event.aggregateversion}) as overtaken`.execute(tx);
  return rows[0]?.overtaken === true;
};
