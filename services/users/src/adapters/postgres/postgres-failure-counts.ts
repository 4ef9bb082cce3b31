import { createHash } from 'node:crypto';
import type { AnyTx, Transact } from '@gatehouse/database';
import { sql } from 'kysely';
import type { FailureCounts } from '../../application/ports.ts';
import type { FailureCount, Origin } from '../../domain/sign-in-limits.ts';

const rememberedNetworks = 20;

/** Addresses, of people and of machines, stand here as hashes alone. */
export const keyHash = (key: string): string => createHash('sha256').update(key).digest('base64url');

/**
 * Failed sign-ins over all instances. A count is the moment at which it is empty again (GCRA): one row each, changed by one
 * statement, so that any number of attempts at once are counted one by one.
 */
export const createPostgresFailureCounts = ({
  transact,
}: Readonly<{ transact: Transact }>): FailureCounts => ({
  isKnown: ({ account, network }) =>
    transact(async (tx) => {
      const { rows } = await sql`
        select 1 from known_networks
        where account = ${keyHash(account)} and network = ${keyHash(network)}`.execute(tx);
      return rows.length > 0;
    }),

  async take(counts, nowMs) {
    try {
      await transact(async (tx) => {
        for (const count of counts) await takeOne(tx, count, nowMs);
      });
      return undefined;
    } catch (error) {
      if (error instanceof Full) return { retryAfterMs: error.retryAfterMs };
      throw error;
    }
  },

  giveBack: (counts) =>
    transact(async (tx) => {
      for (const { key, refillMs } of counts)
        await sql`
          update failure_counts set empty_at = empty_at - ${refillMs}::double precision where key = ${keyHash(key)}`.execute(
          tx,
        );
    }),

  remember: (origin, nowMs) => transact((tx) => remember(tx, origin, nowMs)),
});

/** Rolls the counts back that were taken before. */
class Full extends Error {
  readonly retryAfterMs: number;
  constructor(retryAfterMs: number) {
    super('a count is full');
    this.retryAfterMs = retryAfterMs;
  }
}

const takeOne = async (tx: AnyTx, { key, burst, refillMs }: FailureCount, nowMs: number): Promise<void> => {
  const fullMs = nowMs + burst * refillMs;
  // Fuller than full: written while a clock was ahead. It would lock people out until the right time gets there.
  const emptyAt = sql`case
    when f.empty_at between ${nowMs}::double precision and ${fullMs + refillMs}::double precision then f.empty_at
    else ${nowMs}::double precision end`;
  const { rows } = await sql`
    insert into failure_counts as f (key, empty_at)
    values (${keyHash(key)}, ${nowMs + refillMs}::double precision)
    on conflict (key) do update set empty_at = ${emptyAt} + ${refillMs}::double precision
      where ${emptyAt} + ${refillMs}::double precision <= ${fullMs}::double precision
    returning empty_at`.execute(tx);
  if (rows.length > 0) return;
  const { rows: kept } = await sql<{ empty_at: number }>`
    select empty_at from failure_counts where key = ${keyHash(key)}`.execute(tx);
  throw new Full((kept[0]?.empty_at ?? nowMs) + refillMs - fullMs);
};

const remember = async (tx: AnyTx, { account, network }: Origin, nowMs: number): Promise<void> => {
  await sql`
    insert into known_networks as k (account, network, seen_at)
    values (${keyHash(account)}, ${keyHash(network)}, ${new Date(nowMs).toISOString()})
    on conflict (account, network) do update set seen_at = excluded.seen_at`.execute(tx);
  await sql`
    delete from known_networks where account = ${keyHash(account)} and network in (
      select network from known_networks where account = ${keyHash(account)}
      order by seen_at desc offset ${rememberedNetworks}
    )`.execute(tx);
};
