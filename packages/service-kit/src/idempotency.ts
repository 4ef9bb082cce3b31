import { createHash } from 'node:crypto';
import type { AnyDb, AnyTx, Migrations } from '@gatehouse/database';
import type { Clock } from '@gatehouse/resilience';
import { type Kysely, sql, type Transaction } from 'kysely';
import { kitError } from './http-error.ts';
import type { Reply } from './reply.ts';

const KEPT_MS = 24 * 60 * 60 * 1000;
const PURGE_BATCH = 1000;
const RETRY_AFTER_SECONDS = 1;

export type IdempotentRequest = Readonly<{
  /** `user:<id>` or `service:<name>` */
  caller: string;
  method: string;
  /** As asked for, with its ids, without the query. */
  path: string;
  key: string;
  requestHash: string;
}>;

export type IdempotencyKeys = Readonly<{
  /**
   * The kept answer of the same request, or that of `effect`, kept in `tx`: both are there after the commit, or neither.
   *
   * @throws AppError `idempotency_in_progress` (with Retry-After) while another transaction has the key,
   * `idempotency_key_reused` for another request under it
   */
  answerOnce(tx: AnyTx, request: IdempotentRequest, effect: () => Promise<Reply>): Promise<Reply>;
  /** Forgets what is older than 24 h, in batches of 1 000; how many. */
  purge(): Promise<number>;
}>;

type IdempotencySchema = {
  idempotency_keys: {
    caller: string;
    method: string;
    path: string;
    key: string;
    request_hash: string;
    answer: string;
    expires_at: Date;
  };
};

/** Owner `service_kit`. */
export const serviceKitMigrations: Migrations = {
  '0001_idempotency_keys': {
    up: async (db) => {
      await sql`
        create table idempotency_keys (
          caller text not null,
          method text not null,
          path text not null,
          key text not null,
          request_hash text not null,
          answer text not null,
          expires_at timestamptz not null,
          primary key (caller, method, path, key)
        )`.execute(db);
      await sql`create index idempotency_keys_expires_at on idempotency_keys (expires_at)`.execute(db);
    },
  },
};

export const createIdempotencyKeys = (o: Readonly<{ db: AnyDb; clock: Clock }>): IdempotencyKeys => {
  const db = o.db as Kysely<IdempotencySchema>;
  return {
    answerOnce: async (anyTx, request, effect) => {
      const tx = anyTx as Transaction<IdempotencySchema>;
      await lock(tx, request);
      const now = new Date(o.clock.now());
      const kept = await findKept(tx, request, now);
      if (kept !== undefined) return replay(kept, request);
      const reply = await effect();
      await keep(tx, request, reply, new Date(o.clock.now() + KEPT_MS));
      return reply;
    },
    purge: async () => {
      let purged = 0;
      for (let batch = PURGE_BATCH; batch === PURGE_BATCH; purged += batch)
        batch = await purgeBatch(db, new Date(o.clock.now()));
      return purged;
    },
  };
};

/** The lock is the transaction's: it ends with commit, rollback or the loss of the connection, never later. */
const lock = async (tx: Transaction<IdempotencySchema>, request: IdempotentRequest): Promise<void> => {
  const { caller, method, path, key } = request;
  const name = JSON.stringify(['idempotency', caller, method, path, key]);
  const { rows } = await sql<{ mine: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as mine`.execute(tx);
  if (rows[0]?.mine !== true)
    throw kitError('idempotency_in_progress', { details: { retryAfterSeconds: RETRY_AFTER_SECONDS } });
};

type KeptRow = Readonly<{ request_hash: string; answer: string }>;

const findKept = (
  tx: Transaction<IdempotencySchema>,
  { caller, method, path, key }: IdempotentRequest,
  now: Date,
): Promise<KeptRow | undefined> =>
  tx
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'answer'])
    .where((row) => row.and({ caller, method, path, key }))
    .where('expires_at', '>', now)
    .executeTakeFirst();

const replay = (kept: KeptRow, request: IdempotentRequest): Reply => {
  if (kept.request_hash !== request.requestHash) throw kitError('idempotency_key_reused');
  const reply = JSON.parse(kept.answer) as Reply;
  return { ...reply, headers: { ...reply.headers, 'Idempotency-Replayed': 'true' } };
};

const keep = async (
  tx: Transaction<IdempotencySchema>,
  { caller, method, path, key, requestHash }: IdempotentRequest,
  reply: Reply,
  expiresAt: Date,
): Promise<void> => {
  const values = { request_hash: requestHash, answer: JSON.stringify(reply), expires_at: expiresAt };
  await tx
    .insertInto('idempotency_keys')
    .values({ caller, method, path, key, ...values })
    // One that is over 24 h old and not purged yet.
    .onConflict((conflict) => conflict.columns(['caller', 'method', 'path', 'key']).doUpdateSet(values))
    .execute();
};

const purgeBatch = async (db: Kysely<IdempotencySchema>, now: Date): Promise<number> => {
  const { numAffectedRows } = await sql`
    delete from idempotency_keys where ctid in (
      select ctid from idempotency_keys where expires_at <= ${now} limit ${PURGE_BATCH} for update skip locked
    )`.execute(db);
  return Number(numAffectedRows ?? 0);
};

/** 1 to 255 visible ASCII characters, else 400. */
export const parseIdempotencyKey = (header: string | undefined): string | undefined => {
  if (header === undefined || /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw kitError('malformed_request', { message: 'Idempotency-Key is 1 to 255 visible ASCII characters.' });
};

/** Of what the handler gets, so spaces and the order of fields in the body make no difference. */
export const hashRequest = (body: unknown, query: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([body ?? null, query ?? null]))
    .digest('base64url');
