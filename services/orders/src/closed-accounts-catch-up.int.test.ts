import {
  type EventEnvelope,
  type ExportedUser,
  randomIds,
  UserDeactivated,
  UserDeleted,
} from '@gatehouse/contracts';
import { type AnyTx, type Database, migrate, openDatabase } from '@gatehouse/database';
import type { Subscription } from '@gatehouse/messaging';
import { systemClock } from '@gatehouse/resilience';
import { openTestDatabase, type TestDatabase } from '@gatehouse/testing';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ordersMigrations } from './migrations/orders-migrations.ts';
import type { WriteOrder } from './order/order-writer.ts';
import { createClosedAccounts } from './processes/closed-accounts.ts';

let server: TestDatabase;
let database: Database;
let subscription: Subscription;

/** What cancelling does to the list of open orders. */
const cancel = async (id: string, _command: unknown, { tx }: Readonly<{ tx: AnyTx }>) =>
  sql`delete from open_orders where order_id = ${id}`.execute(tx);

beforeAll(async () => {
  server = await openTestDatabase('closed_accounts_catch_up');
  database = openDatabase({ url: server.url, applicationName: 'closed-accounts-test' });
  await migrate(database.db, { owner: 'orders', migrations: ordersMigrations });
  subscription = createClosedAccounts({
    write: cancel as unknown as WriteOrder,
    clock: systemClock,
    readUsers: async () => ({ items: [], next: undefined }),
  });
});
afterAll(async () => {
  await database.close();
  await server.drop();
});

/** Its n-th entry is version n + 1: everybody has registered first. */
type Fact = 'deactivated' | 'reactivated' | 'renamed' | 'deleted';
type Account = Readonly<{ id: string; facts: readonly Fact[] }>;

const isOpenAt = ({ facts }: Account, version: number): boolean =>
  facts
    .slice(0, version - 1)
    .reduce((isOpen, fact) => (fact === 'renamed' ? isOpen : fact === 'reactivated'), true);

const within = (work: (tx: AnyTx) => Promise<void> | undefined) =>
  database.db.transaction().execute(async (tx) => work(tx));

/** Nobody here listens to names and reactivations. */
const hear = async ({ id, facts }: Account, version: number): Promise<void> => {
  const fact = facts[version - 2];
  if (fact !== 'deactivated' && fact !== 'deleted') return;
  const event: EventEnvelope = {
    specversion: '1.0',
    id: randomIds.next(),
    source: 'gatehouse/users',
    type: (fact === 'deleted' ? UserDeleted : UserDeactivated).type,
    subject: id,
    time: '2026-01-05T09:00:00.000Z',
    datacontenttype: 'application/json',
    data: { userId: id },
    correlationid: 'a-test',
    aggregateversion: version,
  };
  await within((tx) => subscription.handle(event, tx));
};

const takeOver = (account: Account, version: number): Promise<void> => {
  const isActive = isOpenAt(account, version);
  const user: ExportedUser = {
    id: account.id,
    firstName: 'Ada',
    lastName: 'King',
    fullName: 'Ada King',
    status: isActive ? 'active' : 'deactivated',
    isActive,
    aggregateversion: version,
  };
  return within((tx) => subscription.catchUp?.apply(user, tx));
};

const openOrder = async (customerId: string): Promise<void> => {
  const orderId = randomIds.next();
  await sql`insert into open_orders (order_id, customer_id) values (${orderId}, ${customerId})`.execute(
    database.db,
  );
};
const countOpen = async (customerId: string): Promise<number> => {
  const { rows } = await sql`select 1 from open_orders where customer_id = ${customerId}`.execute(
    database.db,
  );
  return rows.length;
};

const history = fc
  .array(fc.constantFrom<Fact>('deactivated', 'reactivated', 'renamed'), { maxLength: 5 })
  .chain((facts) => fc.boolean().map((isDeleted) => (isDeleted ? [...facts, 'deleted' as const] : facts)));

describe('open orders of a customer, by events and export', () => {
  it('are cancelled by either, in any order the same, and none is left when the account is closed', () =>
    fc.assert(
      fc.asyncProperty(
        history.chain((facts) =>
          fc.nat(facts.length).chain((passedBy) =>
            fc.record({
              facts: fc.constant(facts),
              // Versions up to 1 + passedBy were said before the queue was there; the export was read later.
              passedBy: fc.constant(passedBy),
              exportedAt: fc.integer({ min: 1 + passedBy, max: 1 + facts.length }),
            }),
          ),
        ),
        async ({ facts, passedBy, exportedAt }) => {
          const versions = facts.map((_, i) => i + 2).slice(passedBy);
          const left = new Set<number>();
          for (let place = 0; place <= versions.length; place += 1) {
            const account = { id: randomIds.next(), facts };
            await openOrder(account.id);
            const steps = versions.map((version) => () => hear(account, version));
            steps.splice(place, 0, () => takeOver(account, exportedAt));
            for (const step of steps) await step();
            left.add(await countOpen(account.id));
            if (!isOpenAt(account, 1 + facts.length)) expect(left).toEqual(new Set([0]));
          }
          expect(left.size).toBe(1);
        },
      ),
      { numRuns: 40 },
    ));

  it('are cancelled once when event and export come at the same moment', async () => {
    const account: Account = { id: randomIds.next(), facts: ['deactivated'] };
    await openOrder(account.id);
    await Promise.all([hear(account, 2), takeOver(account, 2)]);

    expect(await countOpen(account.id)).toBe(0);
  });

  it.each([
    ['an event', 'the export', hear, takeOver],
    ['the export', 'an event', takeOver, hear],
    ['an event', 'the event again', hear, hear],
  ])(
    'stay when the account is open again: a closing known by %s is not repeated by %s',
    async (_, __, first, second) => {
      const account: Account = { id: randomIds.next(), facts: ['deactivated', 'reactivated'] };
      await first(account, 2);
      await openOrder(account.id);
      await second(account, 2);
      expect(await countOpen(account.id)).toBe(1);

      await hear({ ...account, facts: [...account.facts, 'deleted'] }, 4);
      expect(await countOpen(account.id)).toBe(0);
    },
  );
});
