import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';

/** Accounts. A deleted one keeps its row as a tombstone: without address, names and password. */
export const createWriteModel = async (db: AnyDb): Promise<void> => {
  await sql`
    create table users (
      id uuid primary key,
      email text,
      first_name text not null,
      last_name text not null,
      password_hash text,
      role text not null check (role in ('user', 'admin')),
      email_verified boolean not null,
      is_active boolean not null,
      tokens_not_before double precision not null,
      created_at timestamptz not null,
      version integer not null,
      deleted_at timestamptz,
      check (deleted_at is not null or (email is not null and password_hash is not null))
    )`.execute(db);
  await sql`create unique index users_email on users (email)`.execute(db);
  await sql`create index users_administrators on users (id) where role = 'admin' and is_active`.execute(db);
};
