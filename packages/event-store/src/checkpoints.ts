import type { AnyDb, AnyTx } from '@gatehouse/database';
import { sql } from 'kysely';
import { eventStoreError } from './event-store-errors.ts';
import { type Position, parsePosition, startPosition } from './position.ts';

/**
 * How far a projection is. Its row is the lock between instances, and it moves only from where it was, in the transaction
 * of the write. It carries the database cluster that its positions belong to: after a dump and restore transaction ids
 * start anew, and going on would lose events without a word.
 */
export const createCheckpoint = (db: AnyDb, projection: string) => ({
  /** Where it stands, made at the start of all events if it is new; `timeline_changed` when it is from elsewhere. */
  async find(): Promise<Position> {
    const found = await findRow(db, projection);
    if (found === undefined) {
      await sql`
        insert into event_checkpoints (projection, xid, seq, timeline)
        select ${projection}, '0'::xid8, 0, system_identifier::text from pg_control_system()
        on conflict (projection) do nothing`.execute(db);
      return startPosition;
    }
    if (!found.is_ours) throw eventStoreError('timeline_changed', { details: { projection } });
    return found.position;
  },

  /** Takes the row for this transaction; false when another instance has it, or moved it on meanwhile. */
  async lock(tx: AnyTx, from: Position): Promise<boolean> {
    const { xid, seq } = parsePosition(from);
    const { rows } = await sql`
      select 1 from event_checkpoints
      where projection = ${projection} and xid = ${String(xid)}::xid8 and seq = ${String(seq)}::bigint
      for update skip locked`.execute(tx);
    return rows.length === 1;
  },

  /** Compare and set; false when it was not at `from`. */
  async move(tx: AnyTx, from: Position, to: Position): Promise<boolean> {
    const [before, after] = [parsePosition(from), parsePosition(to)];
    const { numAffectedRows } = await sql`
      update event_checkpoints set xid = ${String(after.xid)}::xid8, seq = ${String(after.seq)}::bigint
      where projection = ${projection} and xid = ${String(before.xid)}::xid8
        and seq = ${String(before.seq)}::bigint`.execute(tx);
    return numAffectedRows === 1n;
  },
});

const findRow = async (db: AnyDb, projection: string) => {
  const { rows } = await sql<{ position: Position; is_ours: boolean }>`
    select c.xid::text || ':' || c.seq::text as position, c.timeline = s.system_identifier::text as is_ours
    from event_checkpoints c, pg_control_system() s
    where c.projection = ${projection}`.execute(db);
  return rows[0];
};
