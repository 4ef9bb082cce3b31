import type { AnyDb, AnyTx } from '@gatehouse/database';
import type { RecordedEvent, StateLoader } from '@gatehouse/event-store';
import { sql } from 'kysely';
import { type Order, orderDecider, type PlacedOrder, placed } from '../order/order.ts';
import type { OrderEvent } from '../order/order-messages.ts';
import { type OrderView, toOrderView } from '../order/order-view.ts';

/**
 * The read model: every order as it is, found by customer and status. Applies one event in the transaction that moves the
 * checkpoint. An event that the row has seen is passed over; when one before it is missing (it was parked), the row is
 * built again from the whole stream.
 */
export const createOrderSummaryProjection =
  ({ load }: Readonly<{ load: StateLoader<Order> }>) =>
  async (recorded: RecordedEvent, tx: AnyTx): Promise<void> => {
    const id = recorded.stream.slice(recorded.category.length + 1);
    const seen = await findSummary(tx, id);
    if (seen !== undefined && seen.version >= recorded.version) return;

    const isNext = recorded.version === (seen?.version ?? 0) + 1;
    const order = isNext
      ? orderDecider.evolve(seen?.state ?? orderDecider.initial(), recorded.event as OrderEvent)
      : (await load(id, { tx, asOfVersion: recorded.version })).state;
    await saveSummary(tx, id, recorded.version, placed(order));
  };

export type OrderFilter = Readonly<{ customerId?: string | undefined; status?: string | undefined }>;
export type OrderPage = Readonly<{ limit: number; offset: number; afterId?: string | undefined }>;

/** Totals are counted up to here. */
export const totalLimit = 10_000;

export const createOrderSummaries = (db: AnyDb) => ({
  async find(id: string): Promise<OrderView | undefined> {
    const row = await findSummary(db, id);
    return row && toOrderView(id, row.version, row.state);
  },

  /** Newest first; ids are in order of time. */
  async list(filter: OrderFilter, { limit, offset, afterId }: OrderPage): Promise<readonly OrderView[]> {
    const { rows } = await sql<SummaryRow>`
      select id, version, state from order_summaries
      where ${matching(filter)} and ${afterId === undefined ? sql`true` : sql`id < ${afterId}::uuid`}
      order by id desc limit ${limit} offset ${offset}`.execute(db);
    return rows.map(({ id, version, state }) => toOrderView(id, version, state));
  },

  async count(filter: OrderFilter): Promise<number> {
    const { rows } = await sql<{ total: number }>`
      select count(*)::integer as total from (
        select 1 from order_summaries where ${matching(filter)} limit ${totalLimit + 1}
      ) counted`.execute(db);
    return rows[0]?.total ?? 0;
  },
});

export type OrderSummaries = ReturnType<typeof createOrderSummaries>;

type SummaryRow = Readonly<{ id: string; version: number; state: PlacedOrder }>;

const findSummary = async (db: AnyDb, id: string): Promise<SummaryRow | undefined> => {
  const { rows } = await sql<SummaryRow>`
    select id, version, state from order_summaries where id = ${id}`.execute(db);
  return rows[0];
};

const saveSummary = async (tx: AnyTx, id: string, version: number, order: PlacedOrder): Promise<void> => {
  await sql`
    insert into order_summaries as s (id, customer_id, status, version, state)
    values (${id}, ${order.customerId}, ${order.status}, ${version}, ${JSON.stringify(order)}::jsonb)
    on conflict (id) do update
    set status = excluded.status, version = excluded.version, state = excluded.state
    where s.version < excluded.version`.execute(tx);
};

const matching = ({ customerId, status }: OrderFilter) => sql`
  ${customerId === undefined ? sql`true` : sql`customer_id = ${customerId}`}
  and ${status === undefined ? sql`true` : sql`status = ${status}`}`;
