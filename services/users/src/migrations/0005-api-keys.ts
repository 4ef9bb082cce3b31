import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';

/** Keys for programs: of the key itself its hash alone (256 random bits need no slow one). Taken back, the row goes. */
export const createApiKeyTable = async (db: AnyDb): Promise<void> => {
  await sql`
    create table api_keys (
      id uuid primary key,
      user_id uuid not null references users (id),
      name text not null,
      scopes jsonb not null,
      hash text not null unique,
      created_at timestamptz not null,
      expires_at timestamptz,
      last_used_at timestamptz
    )`.execute(db);
  await sql`create index api_keys_of_user on api_keys (user_id, created_at)`.execute(db);
  await sql`create index api_keys_by_end on api_keys (expires_at)`.execute(db);
};
