import { type Database, migrate, openDatabase } from '@gatehouse/database';
import {
  createPostgresEventStore,
  createStateLoader,
  type EventStore,
  eventStoreMigrations,
  type RecordedEvent,
  streamName,
} from '@gatehouse/event-store';
import { createManualClock, openTestDatabase, sequentialIds, type TestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ordersMigrations } from '../migrations/orders-migrations.ts';
import { orderDecider } from '../order/order.ts';
import type { OrderEvent } from '../order/order-messages.ts';
import { createOrderSummaries, createOrderSummaryProjection } from './order-summary.ts';

const ids = sequentialIds();
const at = '2026-01-05T09:00:00.000Z';
const customerId = ids.next();
const item = { productId: ids.next(), name: 'Tea', quantity: 2, price: { amount: 500, currency: 'EUR' } };
const history: readonly OrderEvent[] = [
  { type: 'order-created', customerId, items: [], at },
  { type: 'order-item-added', item, at },
  { type: 'order-confirmation-requested', at },
];

let server: TestDatabase;
let database: Database;
let store: EventStore;

beforeAll(async () => {
  server = await openTestDatabase('order_summary');
  database = openDatabase({ url: server.url, applicationName: 'order-summary-test' });
  await migrate(database.db, { owner: 'event_store', migrations: eventStoreMigrations });
  await migrate(database.db, { owner: 'orders', migrations: ordersMigrations });
  store = createPostgresEventStore({ db: database.db, clock: createManualClock(), ids });
});
afterAll(async () => {
  await database.close();
  await server.drop();
});

/** An order with the history above, and a way to show its events to the read model. */
const begin = async () => {
  const id = ids.next();
  await store.append(streamName('order', id), 'no-stream', history);
  const { events } = await store.read(streamName('order', id));
  const load = createStateLoader({ store, decider: orderDecider, category: 'order' });
  const apply = createOrderSummaryProjection({ load });
  const show = async (...versions: readonly number[]) => {
    for (const version of versions) {
      const recorded = events[version - 1] as RecordedEvent;
      const batch = { events: [recorded], table: sql.table, isNew: () => true };
      await database.db.transaction().execute((tx) => apply({ ...batch, tx }));
    }
    return createOrderSummaries(database.db).find(id);
  };
  return { id, show };
};

describe('the read model of orders', () => {
  it('is what the events say', async () => {
    const { id, show } = await begin();

    expect(await show(1, 2, 3)).toEqual({
      id,
      customerId,
      items: [item],
      status: 'confirming',
      version: 3,
      totalAmount: { amount: 1000, currency: 'EUR' },
      createdAt: at,
      confirmedAt: null,
      reason: null,
    });
  });

  it('is the same when an event is shown again', async () => {
    const { show } = await begin();
    const once = await show(1, 2, 3);

    expect(await show(2, 1, 3)).toEqual(once);
  });

  it('is whole again after an event that was left out', async () => {
    const { show } = await begin();

    expect(await show(1, 3)).toMatchObject({ version: 3, status: 'confirming', items: [item] });
  });
});
