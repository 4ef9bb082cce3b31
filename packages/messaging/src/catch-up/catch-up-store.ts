import type { AnyDb, AnyTx, Transact } from '@gatehouse/database';
import { sql } from 'kysely';

export type CatchUpPosition = Readonly<{ cursor: string | undefined; finishedAt: Date | undefined }>;

type CatchUpStep = Readonly<{
  consumer: string;
  /** As it was found before the page was read. */
  from: string | undefined;
  /** After the page; undefined finishes it. */
  to: string | undefined;
}>;

/** How far each consumer has come, for all instances together. */
export type CatchUpStore = Readonly<{
  find(consumer: string): Promise<CatchUpPosition>;
  /** The page and its position, or neither. Does nothing when another instance has moved on from there meanwhile. */
  advance(step: CatchUpStep, apply: (tx: AnyTx) => Promise<void>): Promise<void>;
  /** Its queue goes: the next time everything is new again. */
  forget(consumer: string): Promise<void>;
}>;

export const createCatchUpStore = (deps: { db: AnyDb; transact: Transact }): CatchUpStore => ({
  find: async (consumer) => {
    const { rows } = await sql<Row>`
      select cursor, finished_at from catch_ups where consumer = ${consumer}`.execute(deps.db);
    return { cursor: rows[0]?.cursor ?? undefined, finishedAt: rows[0]?.finished_at ?? undefined };
  },

  advance: (step, apply) =>
    deps.transact(async (tx) => {
      if (await move(tx, step)) await apply(tx);
    }),

  forget: async (consumer) => {
    await sql`delete from catch_ups where consumer = ${consumer}`.execute(deps.db);
  },
});

type Row = Readonly<{ cursor: string | null; finished_at: Date | null }>;

/** First of all, because it locks the row: two instances with the same page take turns here, and the second does nothing. */
const move = async (tx: AnyTx, step: CatchUpStep): Promise<boolean> => {
  const { consumer } = step;
  const from = step.from ?? null;
  const to = step.to ?? null;
  await sql`insert into catch_ups (consumer) values (${consumer}) on conflict do nothing`.execute(tx);
  const { numAffectedRows } = await sql`
    update catch_ups set cursor = coalesce(${to}::text, cursor),
      finished_at = case when ${to}::text is null then now() end
    where consumer = ${consumer} and finished_at is null and cursor is not distinct from ${from}::text`.execute(
    tx,
  );
  return numAffectedRows === 1n;
};
