import type { AnyDb, AnyTx } from '@gatehouse/database';
import { type RawBuilder, sql } from 'kysely';

export type OrderFilter = Readonly<{ customerId?: string | undefined; status?: string | undefined }>;

/** An order that came, or went from one status to another. */
export type StatusMove = Readonly<{ customerId: string; from: string | undefined; to: string }>;

/** The customer under whom the orders of all are counted. */
const everyone = '00000000-0000-0000-0000-000000000000';

/**
 * Counts along. Exact, because it is one transaction with the rows that it counts, and an order that was seen already moves
 * nothing.
 */
export const addToTotals = async (
  tx: AnyTx,
  table: RawBuilder<unknown>,
  moves: readonly StatusMove[],
): Promise<void> => {
  const changes = new Map<string, Readonly<{ customer_id: string; status: string; orders: number }>>();
  const add = (customerId: string, status: string, orders: number): void => {
    const key = `${customerId} ${status}`;
    const sum = (changes.get(key)?.orders ?? 0) + orders;
    changes.set(key, { customer_id: customerId, status, orders: sum });
  };
  for (const { customerId, from, to } of moves) {
    if (from === to) continue;
    for (const customer of [customerId, everyone]) {
      if (from !== undefined) add(customer, from, -1);
      add(customer, to, 1);
    }
  }
  const rows = [...changes.values()].filter(({ orders }) => orders !== 0);
  if (rows.length === 0) return;
  await sql`
    insert into ${table} as t (customer_id, status, orders)
    select r.customer_id, r.status, r.orders
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (customer_id uuid, status text, orders bigint)
    on conflict (customer_id, status) do update set orders = t.orders + excluded.orders`.execute(tx);
};

/** At most five rows, however many orders there are. */
export const countOrders = async (db: AnyDb, { customerId, status }: OrderFilter): Promise<number> => {
  const { rows } = await sql<{ total: string }>`
    select coalesce(sum(orders), 0)::bigint as total from order_totals
    where customer_id = ${customerId ?? everyone}
      and ${status === undefined ? sql`true` : sql`status = ${status}`}`.execute(db);
  return Number(rows[0]?.total ?? 0);
};
