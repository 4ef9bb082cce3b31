import type { AnyTx } from '@gatehouse/database';
import { sql } from 'kysely';
import type { SessionStore } from '../../application/ports.ts';
import type { Session } from '../../domain/session.ts';

const listLimit = 100;

export const postgresSessions = (tx: AnyTx): SessionStore => ({
  async open(session, tokenHash) {
    await sql`
      insert into sessions (id, user_id, created_at, last_used_at, expires_at, address, user_agent)
      values (${session.id}, ${session.userId}, ${session.createdAt}, ${session.lastUsedAt}, ${session.expiresAt},
        ${session.address ?? null}, ${session.userAgent ?? null})`.execute(tx);
    await sql`insert into refresh_tokens (hash, session_id) values (${tokenHash}, ${session.id})`.execute(tx);
  },

  async findByToken(hash) {
    const { rows } = await sql<SessionRow & TokenRow>`
      select s.id, s.user_id, s.created_at, s.last_used_at, s.expires_at, s.ended_at, s.address, s.user_agent,
        t.hash, t.used_at, t.sealed_successor
      from refresh_tokens t join sessions s on s.id = t.session_id
      where t.hash = ${hash}`.execute(tx);
    const row = rows[0];
    if (row === undefined) return undefined;
    const token = {
      hash: row.hash,
      sessionId: row.id,
      ...(row.used_at === null ? {} : { usedAt: row.used_at.toISOString() }),
      ...(row.sealed_successor === null ? {} : { sealedSuccessor: row.sealed_successor }),
    };
    return { session: toSession(row), token };
  },

  async rotate(used, next) {
    const { rows } = await sql<{ session_id: string }>`
      update refresh_tokens set used_at = ${used.at}, sealed_successor = ${used.sealedSuccessor}
      where hash = ${used.hash} returning session_id`.execute(tx);
    const sessionId = rows[0]?.session_id;
    if (sessionId === undefined) return;
    // Nobody may ask for older successors any more.
    await sql`
      update refresh_tokens set sealed_successor = null
      where session_id = ${sessionId} and sealed_successor is not null and hash <> ${used.hash}
        and used_at < ${used.at}::timestamptz - interval '1 minute'`.execute(tx);
    await sql`insert into refresh_tokens (hash, session_id) values (${next.hash}, ${sessionId})`.execute(tx);
    await sql`
      update sessions set last_used_at = ${used.at}, expires_at = ${next.expiresAt} where id = ${sessionId}`.execute(
      tx,
    );
  },

  async list(userId, now) {
    const { rows } = await sql<SessionRow>`
      select id, user_id, created_at, last_used_at, expires_at, ended_at, address, user_agent
      from sessions
      where user_id = ${userId} and ended_at is null and expires_at > ${now}
      order by last_used_at desc, id desc limit ${listLimit}`.execute(tx);
    return rows.map(toSession);
  },

  async end(ids, at) {
    await sql`
      update sessions set ended_at = ${at} where id = any(${ids}::uuid[]) and ended_at is null`.execute(tx);
  },
});

type SessionRow = Readonly<{
  id: string;
  user_id: string;
  created_at: Date;
  last_used_at: Date;
  expires_at: Date;
  ended_at: Date | null;
  address: string | null;
  user_agent: string | null;
}>;

type TokenRow = Readonly<{ hash: string; used_at: Date | null; sealed_successor: string | null }>;

const toSession = (row: SessionRow): Session => ({
  id: row.id,
  userId: row.user_id,
  createdAt: row.created_at.toISOString(),
  lastUsedAt: row.last_used_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
  ...(row.address === null ? {} : { address: row.address }),
  ...(row.user_agent === null ? {} : { userAgent: row.user_agent }),
});
