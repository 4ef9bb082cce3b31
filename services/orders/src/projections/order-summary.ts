import type { AnyDb, AnyTx } from '@gatehouse/database';
import type { ProjectionBatch, RecordedEvent, StateLoader } from '@gatehouse/event-store';
import { type RawBuilder, sql } from 'kysely';
import { type Order, orderDecider, type PlacedOrder, placed } from '../order/order.ts';
import type { OrderEvent } from '../order/order-messages.ts';
import { type OrderView, toOrderView } from '../order/order-view.ts';
import { addToTotals, countOrders, type OrderFilter } from './order-totals.ts';

/** What a rebuild makes anew. */
export const orderSummaryTables = ['order_summaries', 'order_totals'] as const;

type Summary = Readonly<{ version: number; state: PlacedOrder }>;

/**
 * The read model: every order as it is, found by customer and status, and how many there are. An event that the row has seen
 * is passed over; when one before it is missing (it was parked), the row is built again from the whole stream.
 */
export const createOrderSummaryProjection = ({ load }: Readonly<{ load: StateLoader<Order> }>) => {
  const fold = async (
    id: string,
    seen: Summary | undefined,
    { events, tx }: Readonly<{ events: readonly RecordedEvent[]; tx: AnyTx }>,
  ): Promise<Summary | undefined> => {
    let summary = seen;
    for (const { version, event } of events) {
      if (summary !== undefined && summary.version >= version) continue;
      const isNext = version === (summary?.version ?? 0) + 1;
      const order = isNext
        ? orderDecider.evolve(summary?.state ?? orderDecider.initial(), event as OrderEvent)
        : (await load(id, { tx, asOfVersion: version })).state;
      summary = { version, state: placed(order) };
    }
    return summary;
  };

  return async ({ events, tx, table }: ProjectionBatch): Promise<void> => {
    const byOrder = Map.groupBy(events, orderOf);
    const summaries = table('order_summaries');
    const seen = await findSummaries(tx, summaries, [...byOrder.keys()]);
    const changed: Changed[] = [];
    for (const [id, ofOrder] of byOrder) {
      const before = seen.get(id);
      const after = await fold(id, before, { events: ofOrder, tx });
      if (after !== undefined && after !== before) changed.push({ id, before, after });
    }
    await saveSummaries(tx, summaries, changed);
    const moves = changed.map(({ before, after: { state } }) => ({
      customerId: state.customerId,
      from: before?.state.status,
      to: state.status,
    }));
    await addToTotals(tx, table('order_totals'), moves);
  };
};

export type OrderPage = Readonly<{ limit: number; offset: number; afterId?: string | undefined }>;

export const createOrderSummaries = (db: AnyDb) => ({
  async find(id: string): Promise<OrderView | undefined> {
    const summary = (await findSummaries(db, sql.table('order_summaries'), [id])).get(id);
    return summary && toOrderView(id, summary.version, summary.state);
  },

  /** Newest first; ids are in order of time. */
  async list(filter: OrderFilter, { limit, offset, afterId }: OrderPage): Promise<readonly OrderView[]> {
    const { rows } = await sql<SummaryRow>`
      select id, version, state from order_summaries
      where ${matching(filter)} and ${afterId === undefined ? sql`true` : sql`id < ${afterId}::uuid`}
      order by id desc limit ${limit} offset ${offset}`.execute(db);
    return rows.map(({ id, version, state }) => toOrderView(id, version, state));
  },

  count: (filter: OrderFilter): Promise<number> => countOrders(db, filter),
});

export type OrderSummaries = ReturnType<typeof createOrderSummaries>;

type SummaryRow = Readonly<{ id: string }> & Summary;
type Changed = Readonly<{ id: string; before: Summary | undefined; after: Summary }>;

const orderOf = ({ stream, category }: RecordedEvent): string => stream.slice(category.length + 1);

const findSummaries = async (
  db: AnyDb,
  table: RawBuilder<unknown>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Summary>> => {
  const { rows } = await sql<SummaryRow>`
    select id, version, state from ${table} where id = any(${[...ids]}::uuid[])`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
};

const saveSummaries = async (
  tx: AnyTx,
  table: RawBuilder<unknown>,
  changed: readonly Changed[],
): Promise<void> => {
  if (changed.length === 0) return;
  const rows = changed.map(({ id, after: { version, state } }) => ({
    id,
    customer_id: state.customerId,
    status: state.status,
    version,
    state,
  }));
  await sql`
    insert into ${table} as s (id, customer_id, status, version, state)
    select r.id, r.customer_id, r.status, r.version, r.state
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r (id uuid, customer_id uuid, status text, version integer, state jsonb)
    on conflict (id) do update
    set status = excluded.status, version = excluded.version, state = excluded.state
    where s.version < excluded.version`.execute(tx);
};

const matching = ({ customerId, status }: OrderFilter) => sql`
  ${customerId === undefined ? sql`true` : sql`customer_id = ${customerId}`}
  and ${status === undefined ? sql`true` : sql`status = ${status}`}`;
