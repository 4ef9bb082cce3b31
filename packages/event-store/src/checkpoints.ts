import type { AnyDb, AnyTx } from '@gatehouse/database';
import { sql } from 'kysely';
import { eventStoreError } from './event-store-errors.ts';
import { type Position, parsePosition, startPosition } from './position.ts';

/** How far a read model is, and up to where side effects are held back because a former version of it had them. */
export type Mark = Readonly<{ position: Position; heldUpTo: Position }>;

export type Checkpoint = ReturnType<typeof createCheckpoint>;

/**
 * How far a projection is. Its row is the lock between instances, and it moves only from where it was, in the transaction
 * of the write. It carries the database cluster that its positions belong to: after a dump and restore transaction ids
 * start anew, and going on would lose events without a word.
 */
export const createCheckpoint = (db: AnyDb, projection: string) => {
  /** Where it stands, made at the start of all events if it is new; `timeline_changed` when it is from elsewhere. */
  const find = async (executor: AnyDb = db): Promise<Mark> => {
    const found = await findRow(executor, projection);
    if (found === undefined) {
      await sql`
        insert into event_checkpoints (projection, xid, seq, timeline)
        select ${projection}, '0'::xid8, 0, system_identifier::text from pg_control_system()
        on conflict (projection) do nothing`.execute(executor);
      return { position: startPosition, heldUpTo: startPosition };
    }
    if (!found.is_ours) throw eventStoreError('timeline_changed', { details: { projection } });
    return { position: found.position, heldUpTo: found.held_up_to };
  };

  return {
    find,

    /** Takes the row for this transaction; false when another instance has it, or moved it on meanwhile. */
    async lock(tx: AnyTx, from: Position): Promise<boolean> {
      const { xid, seq } = parsePosition(from);
      const { rows } = await sql`
      select 1 from event_checkpoints
      where projection = ${projection} and xid = ${String(xid)}::xid8 and seq = ${String(seq)}::bigint
      for update skip locked`.execute(tx);
      return rows.length === 1;
    },

    /** Waits for the row and takes it for this transaction, wherever it stands. */
    async take(tx: AnyTx): Promise<Mark> {
      await sql`select 1 from event_checkpoints where projection = ${projection} for update`.execute(tx);
      return find(tx);
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

    /** No side effects up to here from now on. */
    async holdUpTo(tx: AnyTx, position: Position): Promise<void> {
      const { xid, seq } = parsePosition(position);
      await sql`
      update event_checkpoints set held_xid = ${String(xid)}::xid8, held_seq = ${String(seq)}::bigint
      where projection = ${projection}
        and (held_xid, held_seq) < (${String(xid)}::xid8, ${String(seq)}::bigint)`.execute(tx);
    },
  };
};

const findRow = async (db: AnyDb, projection: string) => {
  const { rows } = await sql<{ position: Position; held_up_to: Position; is_ours: boolean }>`
    select c.xid::text || ':' || c.seq::text as position, c.held_xid::text || ':' || c.held_seq::text as held_up_to,
      c.timeline = s.system_identifier::text as is_ours
    from event_checkpoints c, pg_control_system() s
    where c.projection = ${projection}`.execute(db);
  return rows[0];
};
