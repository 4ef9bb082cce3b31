import type { AnyTx } from '@gatehouse/database';
import { sql } from 'kysely';
import type { ReplayManyQuery, ReplayManyReport, ReplayReport } from './dead-letter.ts';
import { type DeadLetterRow, deadLetterColumns, fitting, toDeadLetter } from './dead-letter-rows.ts';
import { type FindSubscription, reportOn, sendBack } from './replay.ts';

/** What failed together mostly fails for one reason: should it still be there, it is not to flood its consumer. */
const perSecond = 100;

/** In one transaction: all that the report says, or nothing. One that somebody else is replaying meanwhile is passed over. */
export const replayMany = async (
  tx: AnyTx,
  findSubscription: FindSubscription,
  { query, dryRun }: { query: ReplayManyQuery; dryRun: boolean },
): Promise<ReplayManyReport> => {
  const limit = Math.min(Math.max(query.limit ?? 100, 1), 1000);
  const matched = await count(tx, query);
  const { rows } = await sql<DeadLetterRow>`
    select ${deadLetterColumns} from dead_letters
    where status = 'open' and ${fitting(query)}
    order by position limit ${limit} for update skip locked`.execute(tx);
  const letters: ReplayReport[] = [];
  let replayed = 0;
  let overtaken = 0;
  for (const letter of rows.map(toDeadLetter)) {
    const report = await reportOn(tx, findSubscription, { letter, dryRun });
    letters.push(report);
    if (!report.accepted) continue;
    if (!dryRun) await sendBack(tx, letter, replayed / perSecond);
    replayed += 1;
    if (report.overtaken) overtaken += 1;
  }
  return {
    dryRun,
    matched,
    replayed,
    refused: letters.length - replayed,
    overtaken,
    left: Math.max(0, matched - letters.length),
    letters,
  };
};

const count = async (tx: AnyTx, query: ReplayManyQuery): Promise<number> => {
  const { rows } = await sql<{ matched: number }>`
    select count(*)::int as matched from dead_letters where status = 'open' and ${fitting(query)}`.execute(
    tx,
  );
  return rows[0]?.matched ?? 0;
};
