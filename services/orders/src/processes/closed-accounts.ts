import { type ExportedUser, UserDeactivated, UserDeleted } from '@gatehouse/contracts';
import type { AnyTx } from '@gatehouse/database';
import { type CatchUp, createSubscription, on, type Subscription } from '@gatehouse/messaging';
import type { Clock } from '@gatehouse/resilience';
import { sql } from 'kysely';
import type { WriteOrder } from '../order/order-writer.ts';

/** Orders asked for at a time. */
const chunk = 100;

type Deps = Readonly<{ write: WriteOrder; clock: Clock; readUsers: CatchUp<ExportedUser>['read'] }>;

/** An account that was closed, as of a version of it. */
type Closing = Readonly<{ customerId: string; version: number }>;

/**
 * Cancels what a customer has open, draft or waiting for stock, when the account is deactivated or deleted. Confirmed
 * orders stand: they were wanted, and their stock is set aside.
 *
 * An account that was closed before anybody listened here is found in the export of users. A closing that was dealt with, as
 * an event or by the export, does nothing when it comes again: the account may be open again by then, with new orders.
 */
export const createClosedAccounts = ({ write, clock, readUsers }: Deps): Subscription => {
  const cancelOpen = async (customerId: string, tx: AnyTx): Promise<void> => {
    const at = new Date(clock.now()).toISOString();
    for (let left = chunk; left === chunk; ) {
      const { rows } = await sql<{ order_id: string }>`
        select order_id from open_orders where customer_id = ${customerId}
        order by order_id limit ${chunk}`.execute(tx);
      for (const { order_id } of rows) {
        await write(order_id, { type: 'cancel-order', reason: 'account_closed', at }, { tx });
      }
      left = rows.length;
    }
  };

  const close = async (closing: Closing, tx: AnyTx): Promise<void> => {
    if (await isNews(closing, tx)) await cancelOpen(closing.customerId, tx);
  };

  return createSubscription({
    consumer: 'orders.closed-accounts',
    handlers: [
      on(UserDeactivated, ({ data, aggregateversion }, tx) =>
        close({ customerId: data.userId, version: aggregateversion }, tx),
      ),
      on(UserDeleted, ({ data, aggregateversion }, tx) =>
        close({ customerId: data.userId, version: aggregateversion }, tx),
      ),
    ],
    catchUp: {
      read: readUsers,
      apply: async ({ id, isActive, aggregateversion }, tx) => {
        if (!isActive) await close({ customerId: id, version: aggregateversion }, tx);
      },
    },
  });
};

/** Holds the row: of an event and the export that say the same at the same moment, the second waits and finds it done. */
const isNews = async ({ customerId, version }: Closing, tx: AnyTx): Promise<boolean> => {
  const { numAffectedRows } = await sql`
    insert into closed_accounts (customer_id, version) values (${customerId}, ${version})
    on conflict (customer_id) do update set version = excluded.version
    where closed_accounts.version < excluded.version`.execute(tx);
  return numAffectedRows === 1n;
};
