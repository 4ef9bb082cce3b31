import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';

/** Sessions, their tokens, what was revoked, the keys that sign, and who failed to sign in how often. */
export const createSignIn = async (db: AnyDb): Promise<void> => {
  await sql`
    create table sessions (
      id uuid primary key,
      user_id uuid not null references users (id),
      created_at timestamptz not null,
      last_used_at timestamptz not null,
      expires_at timestamptz not null,
      ended_at timestamptz,
      address text,
      user_agent text
    )`.execute(db);
  await sql`create index sessions_of_user on sessions (user_id, last_used_at)`.execute(db);
  await sql`create index sessions_by_end on sessions (least(expires_at, ended_at))`.execute(db);
  await sql`
    create table refresh_tokens (
      hash text primary key,
      session_id uuid not null references sessions (id) on delete cascade,
      used_at timestamptz,
      sealed_successor text
    )`.execute(db);
  await sql`create index refresh_tokens_of_session on refresh_tokens (session_id)`.execute(db);
  await sql`
    create table revocations (
      seq bigint generated always as identity primary key,
      sid uuid,
      sub uuid,
      not_before double precision,
      until double precision not null
    )`.execute(db);
  await sql`create index revocations_by_end on revocations (until)`.execute(db);
  await sql`
    create table signing_keys (
      kid text primary key,
      private_jwk jsonb not null,
      public_jwk jsonb not null,
      created_at timestamptz not null,
      signs_from timestamptz not null,
      retires_at timestamptz
    )`.execute(db);
  await sql`create table failure_counts (key text primary key, empty_at double precision not null)`.execute(
    db,
  );
  await sql`create index failure_counts_by_end on failure_counts (empty_at)`.execute(db);
  await sql`
    create table known_networks (
      account text not null,
      network text not null,
      seen_at timestamptz not null,
      primary key (account, network)
    )`.execute(db);
  await sql`create index known_networks_by_age on known_networks (seen_at)`.execute(db);
};
