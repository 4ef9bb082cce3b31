import type { Migration } from '@gatehouse/database';
import { sql } from 'kysely';

/** Versions of read models, what a person needs to know of a parked event, and types that nobody knew. */
export const projectionVersions: Migration = {
  up: async (db) => {
    await sql`
      create table event_projection_versions (
        projection text primary key,
        live integer not null default 1,
        newest integer not null default 1,
        building integer,
        build_state text check (build_state in ('building', 'failed')),
        build_error text,
        build_started_at timestamptz,
        build_total bigint,
        build_done bigint,
        former integer,
        former_until timestamptz,
        check ((building is null) = (build_state is null))
      )`.execute(db);
    await sql`
      alter table event_checkpoints
        add column held_xid xid8 not null default '0',
        add column held_seq bigint not null default 0`.execute(db);
    await sql`
      alter table event_parked
        add column type text not null default '',
        add column stack text,
        add column first_failed_at timestamptz,
        add column last_failed_at timestamptz`.execute(db);
    await sql`
      update event_parked p set type = e.type, first_failed_at = p.parked_at, last_failed_at = p.parked_at
      from events e where e.stream = p.stream and e.version = p.version`.execute(db);
    await sql`
      create table event_skipped (
        projection text not null,
        type text not null,
        events bigint not null,
        last_position text not null,
        primary key (projection, type)
      )`.execute(db);
  },
};
