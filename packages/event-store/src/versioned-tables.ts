import type { AnyDb, AnyTx } from '@gatehouse/database';
import { type RawBuilder, sql } from 'kysely';
import { eventStoreError } from './event-store-errors.ts';

/** Longer than any read of a read model may take; who waits behind the swap waits no longer than this. */
const swapWaitMs = 1_000;

/** `order_summaries` is what everybody reads; `order_summaries_v2` is being made, or was the former one. */
export const versionedName = (table: string, version: number): string => `${table}_v${version}`;

/** The tables of a read model, by version. The ones in use have their plain names, so that no query knows of versions. */
export const createVersionedTables = (tables: readonly string[]) => ({
  /** Empty ones of the same shape, with indexes and constraints. */
  async create(tx: AnyTx, version: number): Promise<void> {
    for (const table of tables) {
      await sql`create table ${named(table, version)} (like ${sql.table(table)} including all)`.execute(tx);
    }
  },

  async drop(tx: AnyTx, version: number): Promise<void> {
    for (const table of tables) await sql`drop table if exists ${named(table, version)}`.execute(tx);
  },

  /** Fails with `read_model_reshaped` when a migration came between that version and the live one. */
  async requireShape(tx: AnyTx, version: number): Promise<void> {
    for (const table of tables) await assertSameShape(tx, table, versionedName(table, version));
  },

  /**
   * Puts one version in the place of the other, seen by everybody at once, at the commit. Fails with SQLSTATE 55P03, and
   * may be repeated, when a table is in use for over a second; with `read_model_reshaped` when a migration came between.
   */
  async swap(tx: AnyTx, { live, next }: Readonly<{ live: number; next: number }>): Promise<void> {
    await sql`select set_config('lock_timeout', ${String(swapWaitMs)}, true)`.execute(tx);
    for (const table of tables) {
      await sql`lock table ${sql.table(table)} in access exclusive mode`.execute(tx);
      await assertSameShape(tx, table, versionedName(table, next));
      await rename(tx, table, versionedName(table, live));
      await rename(tx, versionedName(table, next), table);
    }
  },
});

const named = (table: string, version: number): RawBuilder<unknown> =>
  sql.table(versionedName(table, version));

const rename = async (tx: AnyTx, from: string, to: string): Promise<void> => {
  await sql`alter table ${sql.table(from)} rename to ${sql.id(to)}`.execute(tx);
};

const assertSameShape = async (tx: AnyTx, one: string, other: string): Promise<void> => {
  if ((await shapeOf(tx, one)) !== (await shapeOf(tx, other))) {
    throw eventStoreError('read_model_reshaped', { details: { table: other } });
  }
};

const shapeOf = async (db: AnyDb, table: string): Promise<string> => {
  const { rows } = await sql<{ shape: string }>`
    select coalesce(string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull, ', '
      order by a.attname), '') as shape
    from pg_attribute a
    where a.attrelid = to_regclass(${table}) and a.attnum > 0 and not a.attisdropped`.execute(db);
  return rows[0]?.shape ?? '';
};
