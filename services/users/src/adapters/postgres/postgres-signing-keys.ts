import { generateSigningKey, type SigningKey } from '@gatehouse/auth';
import type { AnyTx, Transact } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import { sql } from 'kysely';

/**
 * A key's life: shown (in the key set, before `signsFrom`, so that everyone has it by then) → signing → shown still (until
 * `retiresAt`, while tokens that it signed are about) → gone. The first one signs at once.
 */
export type KeptKey = SigningKey & Readonly<{ signsFrom: string; retiresAt?: string }>;

export type SigningKeys = Readonly<{
  /** Makes the first key, once, however many instances start together. */
  ensure(): Promise<void>;
  /** Those that are shown now, the newest first. */
  list(): Promise<readonly KeptKey[]>;
  /** Another key takes over; one that is announced already is the answer to a repetition. */
  rotate(): Promise<KeptKey>;
}>;

type Deps = Readonly<{ transact: Transact; clock: Clock; noticeSeconds: number; accessTokenSeconds: number }>;

/** Beyond the life of the last token that it signed: clocks differ. */
const skewSeconds = 60;

export const createPostgresSigningKeys = (deps: Deps): SigningKeys => {
  const { transact, clock, noticeSeconds, accessTokenSeconds } = deps;
  const iso = (afterSeconds = 0): string => new Date(clock.now() + afterSeconds * 1000).toISOString();

  const locked = <T>(work: (tx: AnyTx, keys: readonly KeptKey[]) => Promise<T>): Promise<T> =>
    transact(async (tx) => {
      await sql`select pg_advisory_xact_lock(hashtextextended('gatehouse.users.signing_keys', 0))`.execute(
        tx,
      );
      return work(tx, await listKeys(tx, iso()));
    });

  return {
    ensure: () =>
      locked(async (tx, keys) => {
        if (keys.length === 0) await insertKey(tx, { at: iso(), signsFrom: iso() });
      }),
    list: () => transact((tx) => listKeys(tx, iso())),
    rotate: () =>
      locked(async (tx, keys) => {
        const announced = keys.find(({ signsFrom }) => signsFrom > iso());
        if (announced !== undefined) return announced;
        const signsFrom = iso(noticeSeconds);
        const retiresAt = iso(noticeSeconds + accessTokenSeconds + skewSeconds);
        await sql`update signing_keys set retires_at = ${retiresAt} where retires_at is null`.execute(tx);
        return insertKey(tx, { at: iso(), signsFrom });
      }),
  };
};

const listKeys = async (tx: AnyTx, now: string): Promise<readonly KeptKey[]> => {
  const { rows } = await sql<KeyRow>`
    select kid, private_jwk, public_jwk, signs_from, retires_at from signing_keys
    where retires_at is null or retires_at > ${now}
    order by signs_from desc, created_at desc`.execute(tx);
  return rows.map((row) => ({
    kid: row.kid,
    privateJwk: row.private_jwk,
    publicJwk: row.public_jwk,
    signsFrom: row.signs_from.toISOString(),
    ...(row.retires_at === null ? {} : { retiresAt: row.retires_at.toISOString() }),
  }));
};

const insertKey = async (tx: AnyTx, times: Readonly<{ at: string; signsFrom: string }>): Promise<KeptKey> => {
  const key = await generateSigningKey();
  await sql`
    insert into signing_keys (kid, private_jwk, public_jwk, created_at, signs_from)
    values (${key.kid}, ${JSON.stringify(key.privateJwk)}::jsonb, ${JSON.stringify(key.publicJwk)}::jsonb,
      ${times.at}, ${times.signsFrom})`.execute(tx);
  return { ...key, signsFrom: times.signsFrom };
};

type KeyRow = Readonly<{
  kid: string;
  private_jwk: SigningKey['privateJwk'];
  public_jwk: SigningKey['publicJwk'];
  signs_from: Date;
  retires_at: Date | null;
}>;
