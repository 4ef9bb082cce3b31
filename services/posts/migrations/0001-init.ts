import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`
    create table authors (
      id uuid primary key,
      full_name text,
      renames integer not null default 0,
      version integer not null,
      deleted boolean not null default false
    )`.execute(db);

  await sql`
    create table posts (
      id uuid primary key,
      author_id uuid not null,
      title text not null,
      slug text not null constraint posts_slug_key unique,
      content text not null,
      excerpt text not null check (char_length(excerpt) <= 200),
      status text not null check (status in ('draft', 'published')),
      tags text[] not null,
      tag_keys text[] not null,
      version integer not null check (version > 0),
      published_at timestamptz(3),
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null,
      listed_at timestamptz(3) not null generated always as (coalesce(published_at, created_at)) stored,
      search tsvector not null generated always as (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', content), 'B')) stored,
      check ((status = 'published') = (published_at is not null))
    )`.execute(db);

  // One index for each order of the list: the keyset walks it from where the cursor stands.
  await sql`create index posts_by_creation on posts (status, created_at, id)`.execute(db);
  await sql`create index posts_by_update on posts (status, updated_at, id)`.execute(db);
  await sql`create index posts_by_publication on posts (status, listed_at, id)`.execute(db);
  await sql`create index posts_by_author on posts (author_id, status, created_at, id)`.execute(db);
  await sql`create index posts_by_tag on posts using gin (tag_keys)`.execute(db);
  await sql`create index posts_by_word on posts using gin (search)`.execute(db);

  await sql`
    create table tag_counts (
      key text primary key,
      tag text not null,
      posts integer not null
    )`.execute(db);
  await sql`create index tag_counts_by_use on tag_counts (posts desc, key)`.execute(db);
};

const down = async (db: Kysely<unknown>): Promise<void> => {
  await sql`drop table tag_counts, posts, authors`.execute(db);
};

/** Posts, the copy of their authors' names, and how many published posts each tag has. */
export const init: Migration = { up, down };
