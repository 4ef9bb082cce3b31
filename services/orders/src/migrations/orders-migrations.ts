import type { Migrations } from '@gatehouse/database';
import { init } from './0001-init.ts';

/** Owner `orders`; beside the tables of messaging and the event store, which have owners of their own. */
export const ordersMigrations: Migrations = { '0001_init': init };
