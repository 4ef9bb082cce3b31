import type { Migration } from '@gatehouse/database';
import { sql } from 'kysely';

/**
 * How many orders there are, by customer and status, so that a list need not count. The customer of nobody's id stands for
 * all of them. And the index of one customer's orders in one status.
 */
export const orderTotals: Migration = {
  up: async (db) => {
    await sql`
      create table order_totals (
        customer_id uuid not null,
        status text not null,
        orders bigint not null,
        primary key (customer_id, status)
      )`.execute(db);
    await sql`
      insert into order_totals (customer_id, status, orders)
      select coalesce(customer_id, '00000000-0000-0000-0000-000000000000'), status, count(*)
      from order_summaries group by grouping sets ((customer_id, status), (status))`.execute(db);
    await sql`
      create index order_summaries_by_customer_and_status on order_summaries (customer_id, status, id desc)`.execute(
      db,
    );
  },
};
