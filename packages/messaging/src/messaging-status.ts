import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';
import type { CatchUpReport } from './catch-up/catch-up.ts';
import type { RelayRole } from './outbox/relay.ts';

export type MessagingStatus = Readonly<{
  /** `oldestSeconds`: how long the oldest unsent event has been waiting, 0 when there is none. */
  outbox: { unsent: number; oldestSeconds: number };
  /**
   * `pending`: stored and not done. `waiting` of them have failed and their time has not come. `parkedKeys`: lanes that
   * stand still behind one of those.
   */
  inbox: { pending: number; waiting: number; parkedKeys: number };
  /** Open ones. */
  deadLetters: number;
  relay: RelayRole;
  /** Of the consumers that run here and have one. */
  catchUps: readonly CatchUpReport[];
}>;

type Row = Readonly<{
  unsent: number;
  oldest_seconds: number;
  pending: number;
  waiting: number;
  parked_keys: number;
  dead_letters: number;
}>;

export const readStatus = async (db: AnyDb): Promise<Omit<MessagingStatus, 'relay' | 'catchUps'>> => {
  const { rows } = await sql<Row>`
    select o.unsent, o.oldest_seconds, i.pending, i.waiting, i.parked_keys, d.dead_letters
    from
      (select count(*)::int as unsent,
        coalesce(extract(epoch from now() - min(written_at)), 0)::float8 as oldest_seconds
        from outbox where sent_at is null) o,
      (select count(*)::int as pending,
        (count(*) filter (where due_at > now()))::int as waiting,
        (count(distinct (consumer, key)) filter (where due_at > now()))::int as parked_keys
        from inbox where state = 'pending') i,
      (select count(*)::int as dead_letters from dead_letters where status = 'open') d`.execute(db);
  const row = rows[0] as Row;
  return {
    outbox: { unsent: row.unsent, oldestSeconds: Math.max(0, Math.round(row.oldest_seconds)) },
    inbox: { pending: row.pending, waiting: row.waiting, parkedKeys: row.parked_keys },
    deadLetters: row.dead_letters,
  };
};

/** Whether an event waits to be sent, also one that is held back: it goes on by itself within seconds. */
export const isAnythingUnsent = async (db: AnyDb): Promise<boolean> => {
  const { rows } = await sql<{ found: boolean }>`
    select exists (select 1 from outbox where sent_at is null) as found`.execute(db);
  return rows[0]?.found === true;
};
