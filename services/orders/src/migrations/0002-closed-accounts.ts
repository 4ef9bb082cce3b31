import type { Migration } from '@gatehouse/database';
import { sql } from 'kysely';

/** Up to which version of a customer's account its closing has been dealt with. */
export const closedAccounts: Migration = {
  up: async (db) => {
    await sql`
      create table closed_accounts (
        customer_id uuid primary key,
        version integer not null
      )`.execute(db);
  },
};
