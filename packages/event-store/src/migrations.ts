import type { Migrations } from '@gatehouse/database';
import { sql } from 'kysely';
import { appendToStream } from './append-to-stream.ts';
import { fasterAppend } from './faster-append.ts';
import { projectionVersions } from './projection-migrations.ts';

/** Tables of the event store, owner `event_store`. A published step is never changed. */
export const eventStoreMigrations: Migrations = {
  '0001_init': {
    up: async (db) => {
      await sql`
        create table event_streams (
          stream text primary key,
          category text not null,
          version integer not null check (version > 0),
          last_xid xid8 not null
        )`.execute(db);
      await sql`
        create table events (
          seq bigint generated always as identity,
          xid xid8 not null,
          stream text not null references event_streams (stream),
          version integer not null,
          category text not null,
          id uuid not null unique,
          type text not null,
          schema_version integer not null,
          data jsonb not null,
          correlation_id text,
          causation_id text,
          recorded_at timestamptz not null,
          primary key (stream, version)
        )`.execute(db);
      await sql`create index events_in_order on events (xid, seq)`.execute(db);
      await sql`create index events_by_category on events (category, xid, seq)`.execute(db);
      await sql`
        create table event_snapshots (
          stream text not null,
          schema_hash text not null,
          version integer not null,
          state jsonb not null,
          primary key (stream, schema_hash)
        )`.execute(db);
      await sql`
        create table event_checkpoints (
          projection text primary key,
          xid xid8 not null,
          seq bigint not null,
          timeline text not null
        )`.execute(db);
      await sql`
        create table event_parked (
          projection text not null,
          event_id uuid not null,
          stream text not null,
          version integer not null,
          position text not null,
          error text not null,
          tries integer not null,
          parked_at timestamptz not null,
          primary key (projection, event_id)
        )`.execute(db);
      await appendToStream.execute(db);
    },
  },
  '0002_projection_versions': projectionVersions,
  '0003_faster_append': fasterAppend,
};
