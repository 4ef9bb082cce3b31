import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';

/** What is over and older than this is removed: sent events, processed messages, settled dead letters. */
const keepDays = 7;
/** Kept in the outbox whatever their age, for `/admin/events`. */
const keepEvents = 1_000;
/** Rows removed by one statement: small, so that it never holds anybody up. */
const batchSize = 500;
/** Bounds one run; what is left is for the next. */
const maxBatches = 100;

/** Removes what is over, in small batches. Unsent events, pending messages and open dead letters are never touched. */
export const purge = async (db: AnyDb, mayGoOn: () => boolean): Promise<number> => {
  let removed = 0;
  for (const statement of [purgeOutbox, purgeInbox, purgeDeadLetters]) {
    for (let batch = 0; batch < maxBatches && mayGoOn(); batch++) {
      const { numAffectedRows = 0n } = await statement().execute(db);
      removed += Number(numAffectedRows);
      if (numAffectedRows < batchSize) break;
    }
  }
  return removed;
};

const purgeOutbox = () => sql`
  delete from outbox where position in (
    select position from outbox
    where sent_at < now() - ${keepDays} * interval '1 day'
      and position < (select position from outbox order by position desc offset ${keepEvents - 1} limit 1)
    order by position limit ${batchSize})`;

const purgeInbox = () => sql`
  delete from inbox where position in (
    select position from inbox
    where state <> 'pending' and settled_at < now() - ${keepDays} * interval '1 day'
      and received_at < now() - ${keepDays} * interval '1 day'
    limit ${batchSize})`;

const purgeDeadLetters = () => sql`
  delete from dead_letters where position in (
    select position from dead_letters
    where status <> 'open' and settled_at < now() - ${keepDays} * interval '1 day'
    order by position limit ${batchSize})`;
