import type { AnyTx, Transact } from '@gatehouse/database';
import { type Clock, type Repeating, repeat } from '@gatehouse/resilience';
import { sql } from 'kysely';
import type { WriteOrder } from '../order/order-writer.ts';

type Deps = Readonly<{
  write: WriteOrder;
  transact: Transact;
  clock: Clock;
  pollMs: number;
  onError: (error: unknown) => void;
}>;

/**
 * Nobody waits for ever: an order whose stock was neither set aside nor refused in time is rejected. The limit is a row that
 * was written with the wish (see `order-writer.ts`) and is taken with the answer, each in one transaction, so any instance
 * may do it, and an answer that comes at the same moment wins or loses as a whole. By the database's clock: one that runs
 * ahead in a service rejects nothing.
 */
export const createConfirmationLimit = ({ write, transact, clock, pollMs, onError }: Deps) => {
  let loop: Repeating | undefined;

  /** Deals with one that is due; false when there is none. */
  const runOnce = (): Promise<boolean> =>
    transact(async (tx) => {
      const id = await takeDue(tx);
      if (id === undefined) return false;
      await write(id, { type: 'expire-order', at: new Date(clock.now()).toISOString() }, { tx });
      await sql`delete from confirmation_deadlines where order_id = ${id}`.execute(tx);
      return true;
    });

  return {
    name: 'confirmation limit',
    runOnce,
    async start() {
      const task = async () => {
        while (await runOnce());
      };
      loop ??= repeat({ clock, intervalMs: pollMs, task, onError });
    },
    async stop() {
      await loop?.stop();
      loop = undefined;
    },
  };
};

const takeDue = async (tx: AnyTx): Promise<string | undefined> => {
  const { rows } = await sql<{ order_id: string }>`
    select order_id from confirmation_deadlines where due_at <= now()
    order by due_at limit 1 for update skip locked`.execute(tx);
  return rows[0]?.order_id;
};
