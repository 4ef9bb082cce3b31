import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';
import type { CatchUpReport } from './catch-up/catch-up.ts';
import type { RelayRole } from './outbox/relay.ts';

export type MessagingStatus = Readonly<{
  /**
   * `held` of the unsent could not be published and wait for their next try. `oldestSeconds`: how long the oldest unsent one
   * has been waiting, 0 when there is none. `stalledBy`: the oldest of the transactions that have been writing to this
   * database for more than 5 s: what it says is not in the outbox yet.
   */
  outbox: { unsent: number; held: number; oldestSeconds: number; stalledBy?: LongTransaction };
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

/** `since`: ISO 8601. */
export type LongTransaction = Readonly<{ pid: number; application: string; since: string }>;

type Row = Readonly<{
  unsent: number;
  held: number;
  oldest_seconds: number;
  pending: number;
  waiting: number;
  parked_keys: number;
  dead_letters: number;
}>;

export const readStatus = async (db: AnyDb): Promise<Omit<MessagingStatus, 'relay' | 'catchUps'>> => {
  const { rows } = await sql<Row>`
    select o.unsent, o.held, o.oldest_seconds, i.pending, i.waiting, i.parked_keys, d.dead_letters
    from
      (select count(*)::int as unsent, (count(*) filter (where held_until > now()))::int as held,
        coalesce(extract(epoch from now() - min(written_at)), 0)::float8 as oldest_seconds
        from outbox where sent_at is null) o,
      (select count(*)::int as pending,
        (count(*) filter (where due_at > now()))::int as waiting,
        (count(distinct (consumer, key)) filter (where due_at > now()))::int as parked_keys
        from inbox where state = 'pending') i,
      (select count(*)::int as dead_letters from dead_letters where status = 'open') d`.execute(db);
  const row = rows[0] as Row;
  const stalledBy = await findLongTransaction(db);
  return {
    outbox: {
      unsent: row.unsent,
      held: row.held,
      oldestSeconds: Math.max(0, Math.round(row.oldest_seconds)),
      ...(stalledBy === undefined ? {} : { stalledBy }),
    },
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

const longSeconds = 5;

/** Of those that its own role may see: the service's, and with `pg_read_all_stats` everybody's. */
const findLongTransaction = async (db: AnyDb): Promise<LongTransaction | undefined> => {
  const { rows } = await sql<{ pid: number; application: string; since: Date }>`
    select pid, application_name as application, xact_start as since from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_xid is not null
      and xact_start < now() - ${longSeconds} * interval '1 second'
    order by xact_start limit 1`.execute(db);
  const row = rows[0];
  return row && { pid: row.pid, application: row.application, since: row.since.toISOString() };
};
