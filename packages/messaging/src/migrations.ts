import type { Migrations } from '@gatehouse/database';
import { sql } from 'kysely';
import { createReadyFunction, inboxReady, outboxReady } from './ready-rows.ts';

/**
 * Tables of messaging, owner `messaging`, in the service's own database. A published step is never changed.
 *
 * `position` is the order of writing: the relay goes by the unsent mark and `aggregate_version`, the inbox by arrival, so
 * gaps and late commits in it do no harm.
 */
export const messagingMigrations: Migrations = {
  '0001_init': {
    up: async (db) => {
      await sql`
        create table outbox (
          position bigint generated always as identity primary key,
          event_id text not null unique,
          type text not null,
          subject text not null,
          aggregate_version bigint not null,
          time timestamptz not null,
          correlation_id text not null,
          causation_id text,
          traceparent text,
          data jsonb not null,
          written_at timestamptz not null default now(),
          sent_at timestamptz,
          attempts integer not null default 0,
          held_until timestamptz,
          last_error text
        )`.execute(db);
      await sql`create index outbox_unsent on outbox (position) where sent_at is null`.execute(db);
      await sql`
        create index outbox_unsent_of_subject on outbox (subject, aggregate_version, position)
          where sent_at is null`.execute(db);
      await sql`create index outbox_by_correlation on outbox (correlation_id)`.execute(db);
      await sql`
        create table inbox (
          position bigint generated always as identity primary key,
          consumer text not null,
          event_id text not null,
          replay integer not null default 0,
          key text not null,
          aggregate_version bigint not null,
          event jsonb not null,
          state text not null default 'pending' check (state in ('pending', 'done', 'dead')),
          attempts integer not null default 0,
          due_at timestamptz not null default now(),
          first_failed_at timestamptz,
          last_error text,
          replay_of text,
          received_at timestamptz not null default now(),
          settled_at timestamptz,
          unique (consumer, event_id, replay)
        )`.execute(db);
      await sql`
        create index inbox_pending on inbox (consumer, key, position)
          where state = 'pending'`.execute(db);
      await sql`create index inbox_pending_in_order on inbox (position) where state = 'pending'`.execute(db);
      await sql`
        create index inbox_settled on inbox (settled_at)
          where state <> 'pending'`.execute(db);
      await sql`create index inbox_by_key on inbox (consumer, key, aggregate_version)`.execute(db);
      await sql`
        create table dead_letters (
          position bigint generated always as identity primary key,
          id text not null unique,
          consumer text not null,
          event_id text not null,
          type text not null,
          subject text not null,
          correlation_id text,
          event jsonb,
          raw jsonb,
          edited_data jsonb,
          error_code text not null,
          error_message text not null,
          error_stack text,
          attempts integer not null,
          first_failed_at timestamptz not null,
          last_failed_at timestamptz not null,
          replay_of text,
          status text not null default 'open' check (status in ('open', 'replayed', 'discarded')),
          settled_at timestamptz
        )`.execute(db);
      await sql`create index dead_letters_open on dead_letters (position) where status = 'open'`.execute(db);
    },
  },
  '0002_catch_ups': {
    up: async (db) => {
      await sql`
        create table catch_ups (
          consumer text primary key,
          cursor text,
          started_at timestamptz not null default now(),
          finished_at timestamptz
        )`.execute(db);
    },
  },
  '0003_lineage': {
    up: async (db) => {
      await sql`alter table outbox add column command text`.execute(db);
      // The same rows are one, and what became of an event is found by its id alone.
      await sql`
        alter table inbox
          add constraint inbox_event unique (event_id, consumer, replay),
          drop constraint inbox_consumer_event_id_replay_key`.execute(db);
      await sql`create index dead_letters_by_event on dead_letters (event_id)`.execute(db);
    },
  },
  '0004_fewer_index_entries': {
    up: async (db) => {
      // Each message is an insert and an update: an entry that a row has no use for yet is an entry less.
      await sql`drop index inbox_by_key`.execute(db);
      await sql`
        create index inbox_done_by_key on inbox (key, consumer, aggregate_version)
          where state = 'done'`.execute(db);
      // An id is a UUID of our own making, and nobody looks for it here.
      await sql`alter table outbox drop constraint outbox_event_id_key`.execute(db);
      // Rows come in order of time, so blocks of them are enough for the purge.
      await sql`drop index inbox_settled`.execute(db);
      await sql`
        create index inbox_received on inbox using brin (received_at) with (pages_per_range = 32)`.execute(
        db,
      );
    },
  },
  '0005_ready_rows': {
    up: async (db) => {
      for (const kept of [outboxReady, inboxReady]) await sql.raw(createReadyFunction(kept)).execute(db);
    },
  },
};
