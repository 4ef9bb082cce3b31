import type { Migration } from '@gatehouse/database';
import { sql } from 'kysely';

/** Orders that wait for their stock, and until when: a message to the process that is delivered when it is due. */
export const confirmationDeadlines: Migration = {
  up: async (db) => {
    await sql`
      create table confirmation_deadlines (
        order_id uuid primary key,
        due_at timestamptz not null
      )`.execute(db);
    await sql`create index confirmation_deadlines_by_time on confirmation_deadlines (due_at)`.execute(db);
  },
};
