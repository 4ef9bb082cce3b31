import type { Migrations } from '@gatehouse/database';
import { init } from './0001-init.ts';
import { closedAccounts } from './0002-closed-accounts.ts';
import { orderTotals } from './0003-order-totals.ts';
import { confirmationDeadlines } from './0004-confirmation-deadlines.ts';

/** Owner `orders`; beside the tables of messaging and the event store, which have owners of their own. */
export const ordersMigrations: Migrations = {
  '0001_init': init,
  '0002_closed_accounts': closedAccounts,
  '0003_order_totals': orderTotals,
  '0004_confirmation_deadlines': confirmationDeadlines,
};
