import type { AnyTx } from '@gatehouse/database';
import type { CommandHandler, CommandOptions, CommandResult } from '@gatehouse/event-store';
import type { Outbox } from '@gatehouse/messaging';
import { sql } from 'kysely';
import { type Order, orderDecider, placed } from './order.ts';
import { announce } from './order-announcements.ts';
import type { OrderCommand, OrderEvent } from './order-messages.ts';

export type OrderWriterDeps = Readonly<{
  handle: CommandHandler<OrderCommand, OrderEvent, Order>;
  outbox: Outbox;
  /** How long an order may wait for its stock. */
  confirmationLimitMs: number;
}>;

/** One command against one order, in the caller's transaction. */
export type WriteOrder = (
  id: string,
  command: OrderCommand,
  options: Readonly<{ tx: AnyTx } & Pick<CommandOptions<Order>, 'expectedVersion' | 'guard'>>,
) => Promise<CommandResult<OrderEvent, Order>>;

/**
 * The only way to change an order: its events, what others hear of them, the list of open orders and until when it may wait
 * are written together or not at all.
 */
export const createOrderWriter =
  ({ handle, outbox, confirmationLimitMs }: OrderWriterDeps): WriteOrder =>
  async (id, command, options) => {
    const result = await handle(id, command, options);
    if (result.events.length === 0) return result;

    let order = result.before;
    let version = result.version - result.events.length;
    const announcements = result.events.map((event) => {
      order = orderDecider.evolve(order, event);
      version += 1;
      return announce({ orderId: id, version, event, order: placed(order) });
    });
    await outbox.append(options.tx, announcements);
    await markOpen(options.tx, id, order);
    await markDeadline(options.tx, id, { status: order.status, confirmationLimitMs });
    return result;
  };

/** Kept with the write, not by the projection: whoever closes an account must not miss an order of a moment ago. */
const markOpen = async (tx: AnyTx, id: string, order: Order): Promise<void> => {
  switch (order.status) {
    case 'new':
      return;
    case 'draft':
    case 'confirming':
      await sql`
        insert into open_orders (order_id, customer_id) values (${id}, ${order.customerId})
        on conflict (order_id) do nothing`.execute(tx);
      return;
    case 'confirmed':
    case 'rejected':
    case 'cancelled':
      await sql`delete from open_orders where order_id = ${id}`.execute(tx);
  }
};

/** For `confirmation-limit.ts`. */
const markDeadline = async (
  tx: AnyTx,
  id: string,
  { status, confirmationLimitMs }: Readonly<{ status: Order['status']; confirmationLimitMs: number }>,
): Promise<void> => {
  switch (status) {
    case 'new':
    case 'draft':
      return;
    case 'confirming':
      await sql`
        insert into confirmation_deadlines (order_id, due_at)
        values (${id}, now() + ${confirmationLimitMs} * interval '1 millisecond')
        on conflict (order_id) do nothing`.execute(tx);
      return;
    case 'confirmed':
    case 'rejected':
    case 'cancelled':
      await sql`delete from confirmation_deadlines where order_id = ${id}`.execute(tx);
  }
};
