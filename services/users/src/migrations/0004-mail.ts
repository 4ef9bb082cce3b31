import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';

/** Tokens that travel by mail, wishes for mails, and the mailbox that stands in for a mail server. */
export const createMail = async (db: AnyDb): Promise<void> => {
  await sql`
    create table one_time_tokens (
      hash text primary key,
      user_id uuid not null references users (id),
      created_at timestamptz not null,
      expires_at timestamptz not null,
      used_at timestamptz
    )`.execute(db);
  await sql`create index one_time_tokens_of_user on one_time_tokens (user_id, created_at)`.execute(db);
  await sql`create index one_time_tokens_by_end on one_time_tokens (expires_at)`.execute(db);
  await sql`
    create table mail_requests (
      position bigint generated always as identity primary key,
      email text not null unique
    )`.execute(db);
  await sql`
    create table mailbox (
      position bigint generated always as identity primary key,
      recipient text not null,
      subject text not null,
      text text not null,
      html text not null,
      links jsonb not null,
      created_at timestamptz not null
    )`.execute(db);
  await sql`create index mailbox_of_recipient on mailbox (recipient, position)`.execute(db);
};
