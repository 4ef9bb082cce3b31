import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`
    create table comment_threads (
      post_id uuid primary key,
      post_author_id uuid not null,
      open boolean not null
    )`.execute(db);

  await sql`
    create table comments (
      id uuid primary key,
      post_id uuid not null references comment_threads (post_id),
      author_id uuid not null,
      content text not null,
      status text not null check (status in ('pending', 'approved', 'rejected')),
      version integer not null check (version > 0),
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null
    )`.execute(db);
  await sql`create index comments_by_thread on comments (post_id, status, created_at, id)`.execute(db);
  await sql`create index comments_by_creation on comments (post_id, created_at, id)`.execute(db);
  await sql`create index comments_by_author on comments (author_id, id)`.execute(db);
};

const down = async (db: Kysely<unknown>): Promise<void> => {
  await sql`drop table comments, comment_threads`.execute(db);
};

/** Comments and what is known of the posts they are on. No key into the tables of posts: those are another module's. */
export const init: Migration = { up, down };
