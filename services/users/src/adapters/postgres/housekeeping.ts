import type { AnyDb } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import { sql } from 'kysely';

type Deps = Readonly<{ db: AnyDb; clock: Clock }>;

/** Rows of one table in one go; what is left goes the next time. */
const batch = 5_000;
/** Counts and known networks beyond this are forgotten, the emptiest first. */
const countLimit = 100_000;
const networkDays = 90;
/** So long the owner still sees a key that has ended. */
const endedKeyDays = 30;
const day = 86_400_000;

/** Removes what has run out, so that no table grows by time alone. Any number of instances may do it at once. */
export const createHousekeeping =
  ({ db, clock }: Deps) =>
  async (): Promise<void> => {
    const now = clock.now();
    const iso = (ms: number): string => new Date(ms).toISOString();

    // A day later, so that a token that is used too late still finds why it is refused.
    await sql`
      delete from sessions where id in (
        select id from sessions where least(expires_at, ended_at) < ${iso(now - day)} limit ${batch})`.execute(
      db,
    );
    await sql`
      delete from one_time_tokens where hash in (
        select hash from one_time_tokens where expires_at < ${iso(now - day)} limit ${batch})`.execute(db);
    await sql`
      delete from api_keys where id in (
        select id from api_keys where expires_at < ${iso(now - endedKeyDays * day)} limit ${batch})`.execute(
      db,
    );
    await sql`
      delete from revocations where seq in (
        select seq from revocations where until < ${now / 1000 - 60} limit ${batch})`.execute(db);
    await sql`delete from signing_keys where retires_at < ${iso(now)}`.execute(db);
    await sql`
      delete from failure_counts where key in (
        select key from failure_counts where empty_at < ${now} limit ${batch})`.execute(db);
    await sql`
      delete from failure_counts where key in (
        select key from failure_counts order by empty_at desc offset ${countLimit} limit ${batch})`.execute(
      db,
    );
    await sql`
      delete from known_networks where (account, network) in (
        select account, network from known_networks
        where seen_at < ${iso(now - networkDays * day)} limit ${batch})`.execute(db);
  };
