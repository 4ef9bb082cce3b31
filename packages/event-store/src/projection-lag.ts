import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';
import { type Position, parsePosition } from './position.ts';

/** Counting stops here: more is "far behind" whatever the number. */
const lagLimit = 10_000;

/** Committed events after a position, also those that an open transaction still holds back. */
export const countEventsAfter = async (
  db: AnyDb,
  position: Position,
  categories: readonly string[],
): Promise<number> => {
  const { xid, seq } = parsePosition(position);
  const { rows } = await sql<{ lag: number }>`
    select count(*)::integer as lag from (
      select 1 from unnest(${[...categories]}::text[]) as c (category)
      cross join lateral (
        select 1 from events e
        where e.category = c.category and (e.xid, e.seq) > (${String(xid)}::xid8, ${String(seq)}::bigint)
        limit ${lagLimit}
      ) of_category
      limit ${lagLimit}
    ) waiting`.execute(db);
  return rows[0]?.lag ?? 0;
};

/** All that there are, which takes a moment: for who asked for a rebuild, and wants to know how long it will be. */
export const countAllEvents = async (db: AnyDb, categories: readonly string[]): Promise<number> => {
  const { rows } = await sql<{ events: string }>`
    select count(*) as events from events where category = any(${[...categories]})`.execute(db);
  return Number(rows[0]?.events ?? 0);
};

/** Of the newest committed event; one that an open transaction still holds back counts. */
export const findLastPosition = async (
  db: AnyDb,
  categories: readonly string[],
): Promise<Position | undefined> => {
  const { rows } = await sql<{ position: Position }>`
    select newest.xid::text || ':' || newest.seq::text as position
    from unnest(${[...categories]}::text[]) as c (category)
    cross join lateral (
      select e.xid, e.seq from events e where e.category = c.category order by e.xid desc, e.seq desc limit 1
    ) newest
    order by newest.xid desc, newest.seq desc limit 1`.execute(db);
  return rows[0]?.position;
};

/** `since` is known for sessions of one's own role, and of others with `pg_read_all_stats`. */
export type Stall = Readonly<{ pid: number; database: string; role: string; since?: string }>;

/**
 * The oldest open write transaction, if committed events wait for its end; in whichever database of the server it is.
 * From the locks, which every role may see: the activity hides the transactions of other roles.
 */
export const findStall = async (
  db: AnyDb,
  position: Position,
  categories: readonly string[],
): Promise<Stall | undefined> => {
  const { xid, seq } = parsePosition(position);
  const { rows } = await sql<{ pid: number; database: string; role: string; since: Date | null }>`
    select l.pid, coalesce(a.datname, '') as database, coalesce(a.usename, '') as role, a.xact_start as since
    from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted and l.pid <> pg_backend_pid()
      and exists (
        select 1 from events e
        where (e.xid, e.seq) > (${String(xid)}::xid8, ${String(seq)}::bigint)
          and e.category = any(${[...categories]})
          and e.xid >= pg_snapshot_xmin(pg_current_snapshot()))
    order by age(l.transactionid) desc
    limit 1`.execute(db);
  const row = rows[0];
  if (row === undefined) return undefined;
  const { pid, database, role, since } = row;
  return { pid, database, role, ...(since === null ? {} : { since: since.toISOString() }) };
};
