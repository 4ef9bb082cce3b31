import type { AnyDb, AnyTx, Transact } from '@gatehouse/database';
import { sql } from 'kysely';
import { messagingError } from '../messaging-errors.ts';
import { toStorableJson } from '../storable-json.ts';
import type { Subscription } from '../subscription.ts';
import type { DeadLetter, DeadLetterQuery, DeadLetters } from './dead-letter.ts';
import { type DeadLetterRow, deadLetterColumns, fitting, toDeadLetter } from './dead-letter-rows.ts';
import { reportOn, sendBack } from './replay.ts';
import { replayMany } from './replay-many.ts';

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
    const report = await deps.transact(async (tx) => {
      const letter = await lockOpen(tx, id);
      if (letter.event === undefined) throw messagingError('dead_letter_unreadable');
      if (deps.findSubscription(letter.consumer) === undefined)
        throw messagingError('dead_letter_consumer_gone');
      const about = await reportOn(tx, deps.findSubscription, { letter, dryRun });
      if (!dryRun) await sendBack(tx, letter, 0);
      return about;
    });
    if (!dryRun) deps.onReplayed();
    return report;
  },
  replayMany: async (query = {}, { dryRun = false } = {}) => {
    const report = await deps.transact((tx) => replayMany(tx, deps.findSubscription, { query, dryRun }));
    if (report.replayed > 0 && !dryRun) deps.onReplayed();
    return report;
  },
  discard: (id) =>
    deps.transact(async (tx) => {
      await lockOpen(tx, id);
      await sql`update dead_letters set status = 'discarded', settled_at = now() where id = ${id}`.execute(
        tx,
      );
    }),
});

const list = async (db: AnyDb, query: DeadLetterQuery): Promise<readonly DeadLetter[]> => {
  const { after = null, limit = 100 } = query;
  const { rows } = await sql<DeadLetterRow>`
    select ${deadLetterColumns} from dead_letters
    where status = 'open' and ${fitting(query)}
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
