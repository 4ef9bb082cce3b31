import type { EventEnvelope } from '@gatehouse/contracts';
import type { AnyDb, AnyTx, Transact } from '@gatehouse/database';
import { isAppError } from '@gatehouse/errors';
import { sql } from 'kysely';
import { containsPattern } from '../contains-pattern.ts';
import { messagingError } from '../messaging-errors.ts';
import { toStorableJson } from '../storable-json.ts';
import type { Subscription } from '../subscription.ts';
import type { DeadLetter, DeadLetterQuery, DeadLetters, ReplayReport } from './dead-letter.ts';
import { type DeadLetterRow, deadLetterColumns, toDeadLetter } from './dead-letter-rows.ts';

export type DeadLettersDeps = Readonly<{
  db: AnyDb;
  transact: Transact;
  findSubscription: (consumer: string) => Subscription | undefined;
  /** A replay was put into the inbox. */
  onReplayed: () => void;
}>;

export const createDeadLetters = (deps: DeadLettersDeps): DeadLetters => ({
  list: (query = {}) => list(deps.db, query),
  get: async (id) => toDeadLetter(await getRow(deps.db, id)),
  edit: (id, data) =>
    deps.transact(async (tx) => {
      const letter = await lockOpen(tx, id);
      if (letter.event === undefined) throw messagingError('dead_letter_unreadable');
      await sql`update dead_letters set edited_data = ${toStorableJson(data)}::jsonb where id = ${id}`.execute(
        tx,
      );
      return toDeadLetter(await getRow(tx, id));
    }),
  replay: async (id, { dryRun = false } = {}) => {
    const report = await deps.transact((tx) => replay(tx, deps, { id, dryRun }));
    if (!dryRun) deps.onReplayed();
    return report;
  },
  discard: (id) =>
    deps.transact(async (tx) => {
      await lockOpen(tx, id);
      await settle(tx, id, 'discarded');
    }),
});

const list = async (db: AnyDb, query: DeadLetterQuery): Promise<readonly DeadLetter[]> => {
  const { consumer = null, type, error, after = null, limit = 100 } = query;
  const { rows } = await sql<DeadLetterRow>`
    select ${deadLetterColumns} from dead_letters
    where status = 'open'
      and (${consumer}::text is null or consumer = ${consumer})
      and (${type ?? null}::text is null or type ilike ${containsPattern(type ?? '')})
      and (${error ?? null}::text is null or error_code ilike ${containsPattern(error ?? '')}
        or error_message ilike ${containsPattern(error ?? '')})
      and (${after}::text is null or position < (select position from dead_letters where id = ${after}))
    order by position desc
    limit ${Math.min(Math.max(limit, 1), 1000)}`.execute(db);
  return rows.map(toDeadLetter);
};

const getRow = async (db: AnyDb, id: string): Promise<DeadLetterRow> => {
  const { rows } = await sql<DeadLetterRow>`
    select ${deadLetterColumns} from dead_letters where id = ${id}`.execute(db);
  if (rows[0] === undefined) throw messagingError('dead_letter_not_found');
  return rows[0];
};

const lockOpen = async (tx: AnyTx, id: string): Promise<DeadLetter> => {
  await sql`select 1 from dead_letters where id = ${id} for update`.execute(tx);
  const letter = toDeadLetter(await getRow(tx, id));
  if (letter.status !== 'open') throw messagingError('dead_letter_settled');
  return letter;
};

const settle = async (tx: AnyTx, id: string, status: 'replayed' | 'discarded'): Promise<void> => {
  await sql`update dead_letters set status = ${status}, settled_at = now() where id = ${id}`.execute(tx);
};

const replay = async (
  tx: AnyTx,
  { findSubscription }: DeadLettersDeps,
  { id, dryRun }: { id: string; dryRun: boolean },
): Promise<ReplayReport> => {
  const letter = await lockOpen(tx, id);
  if (letter.event === undefined) throw messagingError('dead_letter_unreadable');
  const subscription = findSubscription(letter.consumer);
  if (subscription === undefined) throw messagingError('dead_letter_consumer_gone');
  const event = 'editedData' in letter ? { ...letter.event, data: letter.editedData } : letter.event;
  const reason = refusalOf(subscription, event);
  if (!dryRun) {
    await putIntoInbox(tx, letter, event);
    await settle(tx, id, 'replayed');
  }
  return {
    id,
    consumer: letter.consumer,
    type: letter.type,
    dryRun,
    accepted: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    overtaken: await isOvertaken(tx, letter.consumer, event),
  };
};

const refusalOf = (subscription: Subscription, event: EventEnvelope): string | undefined => {
  try {
    subscription.check?.(event);
    return undefined;
  } catch (error) {
    if (isAppError(error)) return error.message;
    throw error;
  }
};

/** The event keeps its id, so that what it causes keeps its lineage; the count of replays makes the row its own. */
const putIntoInbox = async (tx: AnyTx, letter: DeadLetter, event: EventEnvelope): Promise<void> => {
  await sql`
    insert into inbox (consumer, event_id, replay, key, aggregate_version, event, replay_of)
    select ${letter.consumer}, ${letter.eventId}, coalesce(max(replay), 0) + 1, ${event.subject},
      ${event.aggregateversion}, ${toStorableJson(event)}::jsonb, ${letter.id}
    from inbox where consumer = ${letter.consumer} and event_id = ${letter.eventId}`.execute(tx);
};

const isOvertaken = async (tx: AnyTx, consumer: string, event: EventEnvelope): Promise<boolean> => {
  const { rows } = await sql<{ overtaken: boolean }>`
    select exists (
      select 1 from inbox where consumer = ${consumer} and key = ${event.subject} and state = 'done'
        and aggregate_version > ${event.aggregateversion}) as overtaken`.execute(tx);
  return rows[0]?.overtaken === true;
};
