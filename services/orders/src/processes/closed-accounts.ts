import { UserDeactivated, UserDeleted } from '@gatehouse/contracts';
import type { AnyTx } from '@gatehouse/database';
import { createSubscription, on, type Subscription } from '@gatehouse/messaging';
import type { Clock } from '@gatehouse/resilience';
import { sql } from 'kysely';
import type { WriteOrder } from '../order/order-writer.ts';

/** Orders asked for at a time. */
const chunk = 100;

/**
 * Cancels what a customer has open, draft or waiting for stock, when the account is deactivated or deleted. Confirmed
 * orders stand: they were wanted, and their stock is set aside.
 */
export const createClosedAccounts = ({
  write,
  clock,
}: Readonly<{ write: WriteOrder; clock: Clock }>): Subscription => {
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

  return createSubscription({
    consumer: 'orders.closed-accounts',
    handlers: [
      on(UserDeactivated, ({ data }, tx) => cancelOpen(data.userId, tx)),
      on(UserDeleted, ({ data }, tx) => cancelOpen(data.userId, tx)),
    ],
  });
};
