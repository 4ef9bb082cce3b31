import type { AnyTx } from '@gatehouse/database';
import { sql } from 'kysely';
import type { ApiKeyStore } from '../../application/ports.ts';
import type { ApiKey } from '../../domain/api-key.ts';

const listLimit = 100;

export const postgresApiKeys = (tx: AnyTx): ApiKeyStore => ({
  async add(key, hash) {
    await sql`
      insert into api_keys (id, user_id, name, scopes, hash, created_at, expires_at)
      values (${key.id}, ${key.userId}, ${key.name}, ${JSON.stringify(key.scopes)}::jsonb, ${hash},
        ${key.createdAt}, ${key.expiresAt ?? null})`.execute(tx);
  },

  async findByHash(hash) {
    const { rows } = await sql<ApiKeyRow>`
      select id, user_id, name, scopes, created_at, expires_at, last_used_at
      from api_keys where hash = ${hash}`.execute(tx);
    return rows[0] && toApiKey(rows[0]);
  },

  async list(userId) {
    const { rows } = await sql<ApiKeyRow>`
      select id, user_id, name, scopes, created_at, expires_at, last_used_at
      from api_keys where user_id = ${userId}
      order by created_at desc, id desc limit ${listLimit}`.execute(tx);
    return rows.map(toApiKey);
  },

  async markUsed(id, at) {
    // Several gateways ask for the same key: one write a minute is enough to know when it was used.
    await sql`
      update api_keys set last_used_at = ${at}
      where id = ${id}
        and (last_used_at is null or last_used_at < ${at}::timestamptz - interval '30 seconds')`.execute(tx);
  },

  async remove(id) {
    await sql`delete from api_keys where id = ${id}`.execute(tx);
  },
});

type ApiKeyRow = Readonly<{
  id: string;
  user_id: string;
  name: string;
  scopes: readonly string[];
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
}>;

const toApiKey = (row: ApiKeyRow): ApiKey => ({
  id: row.id,
  userId: row.user_id,
  name: row.name,
  scopes: row.scopes,
  createdAt: row.created_at.toISOString(),
  ...(row.expires_at === null ? {} : { expiresAt: row.expires_at.toISOString() }),
  ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at.toISOString() }),
});
