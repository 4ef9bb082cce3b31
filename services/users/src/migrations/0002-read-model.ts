import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';

/** What the projection `user_views` keeps; made of the streams alone, so it can be thrown away and made anew. */
export const createReadModel = async (db: AnyDb): Promise<void> => {
  await sql`
    create table user_views (
      id uuid primary key,
      email text not null,
      first_name text not null,
      last_name text not null,
      full_name text not null,
      role text not null,
      status text not null,
      is_active boolean not null,
      email_verified boolean not null,
      created_at timestamptz not null,
      last_login_at timestamptz,
      version integer not null
    )`.execute(db);
  await sql`create index user_views_newest on user_views (created_at desc, id desc)`.execute(db);
};
