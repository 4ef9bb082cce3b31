import { createTransact, type Database, migrate, openDatabase } from '@gatehouse/database';
import { createCommandHandler, createPostgresEventStore, eventStoreMigrations } from '@gatehouse/event-store';
import type { NewEvent } from '@gatehouse/messaging';
import { createManualClock, openTestDatabase, sequentialIds, type TestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ordersMigrations } from '../migrations/orders-migrations.ts';
import { orderDecider } from '../order/order.ts';
import type { OrderCommand } from '../order/order-messages.ts';
import { createOrderWriter } from '../order/order-writer.ts';
import { createConfirmationLimit } from './confirmation-limit.ts';

const ids = sequentialIds();
const clock = createManualClock();
const at = '2026-01-05T09:00:00.000Z';
const item = { productId: ids.next(), name: 'Tea', quantity: 2, price: { amount: 500, currency: 'EUR' } };

let server: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await openTestDatabase('confirmation_limit');
  database = openDatabase({ url: server.url, applicationName: 'confirmation-limit-test' });
  await migrate(database.db, { owner: 'event_store', migrations: eventStoreMigrations });
  await migrate(database.db, { owner: 'orders', migrations: ordersMigrations });
});
afterAll(async () => {
  await database.close();
  await server.drop();
});

const setUp = () => {
  const { db } = database;
  const transact = createTransact({ db });
  const store = createPostgresEventStore({ db, clock, ids });
  const handle = createCommandHandler({ store, decider: orderDecider, category: 'order' });
  const announced: string[] = [];
  const outbox = {
    append: async (_: unknown, events: readonly NewEvent[]) =>
      void announced.push(...events.map(({ definition }) => definition.type)),
  };
  const write = createOrderWriter({ handle, outbox: outbox as never, confirmationLimitMs: 60_000 });
  const limit = createConfirmationLimit({ write, transact, clock, pollMs: 1_000, onError: () => {} });
  const id = ids.next();
  const tell = (command: OrderCommand) => transact((tx) => write(id, command, { tx }));
  return {
    limit,
    announced,
    tell,
    async ask() {
      await tell({ type: 'create-order', customerId: ids.next(), items: [item], at });
      await tell({ type: 'confirm-order', at });
    },
    passTime: () =>
      sql`update confirmation_deadlines set due_at = due_at - interval '60 seconds' where order_id = ${id}`.execute(
        db,
      ),
    async deadlines() {
      const { rows } = await sql`select 1 from confirmation_deadlines where order_id = ${id}`.execute(db);
      return rows.length;
    },
  };
};

describe('an order that waits for its stock', () => {
  it('is left alone while there is time', async () => {
    const order = setUp();
    await order.ask();

    expect(await order.limit.runOnce()).toBe(false);
    expect(await order.deadlines()).toBe(1);
    await order.tell({ type: 'accept-order', at });
  });

  it('is rejected once when its time is over, and that is announced', async () => {
    const order = setUp();
    await order.ask();
    await order.passTime();

    expect(await order.limit.runOnce()).toBe(true);
    expect(await order.limit.runOnce()).toBe(false);
    expect(order.announced.filter((type) => type.startsWith('gatehouse.order.rejected'))).toHaveLength(1);
    expect((await order.tell({ type: 'expire-order', at })).state).toMatchObject({
      status: 'rejected',
      reason: 'timed_out',
    });
  });

  it('has no limit any more once it is answered', async () => {
    for (const answer of ['accept-order', 'expire-order'] as const) {
      const order = setUp();
      await order.ask();
      await order.tell({ type: answer, at });
      expect(await order.deadlines()).toBe(0);
    }
  });

  it('is answered or rejected, whichever comes first, and never both', async () => {
    const order = setUp();
    await order.ask();
    await order.passTime();
    const [answer, expired] = await Promise.allSettled([
      order.tell({ type: 'accept-order', at }),
      order.limit.runOnce(),
    ]);
    if (expired.status === 'rejected') await order.limit.runOnce();

    const { state } = await order.tell({ type: 'expire-order', at });
    expect(state.status).toBe(answer.status === 'fulfilled' ? 'confirmed' : 'rejected');
    expect(await order.deadlines()).toBe(0);
  });

  it('is rejected by one instance of several', async () => {
    const orders = [setUp(), setUp(), setUp()];
    for (const order of orders) {
      await order.ask();
      await order.passTime();
    }
    const done = await Promise.all(orders.map(({ limit }) => limit.runOnce()));

    expect(done).toEqual([true, true, true]);
    expect(await Promise.all(orders.map(({ deadlines }) => deadlines()))).toEqual([0, 0, 0]);
  });
});
