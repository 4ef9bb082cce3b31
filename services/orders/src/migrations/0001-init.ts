import type { Migration } from '@gatehouse/database';
import { sql } from 'kysely';

export const init: Migration = {
  up: async (db) => {
    await sql`
      create table products (
        id uuid primary key,
        sku text not null constraint products_sku_key unique,
        name text not null,
        price_amount bigint not null check (price_amount >= 0),
        price_currency text not null,
        stock integer not null check (stock >= 0),
        version integer not null default 1
      )`.execute(db);
    await sql`
      create table open_orders (
        order_id uuid primary key,
        customer_id uuid not null
      )`.execute(db);
    await sql`create index open_orders_by_customer on open_orders (customer_id, order_id)`.execute(db);
    await sql`
      create table order_summaries (
        id uuid primary key,
        customer_id uuid not null,
        status text not null,
        version integer not null,
        state jsonb not null
      )`.execute(db);
    await sql`create index order_summaries_by_customer on order_summaries (customer_id, id desc)`.execute(db);
    await sql`create index order_summaries_by_status on order_summaries (status, id desc)`.execute(db);
  },
};
