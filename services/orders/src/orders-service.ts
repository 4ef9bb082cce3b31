import type { AnySchema } from '@gatehouse/database';
import type { ServiceDefinition } from '@gatehouse/service-kit';
import { createOrdersApp } from './app.ts';
import { type OrdersSettings, ordersSettings } from './config.ts';
import { ordersMigrations } from './migrations/orders-migrations.ts';

/** Products with their stock, and orders from draft to confirmed, rejected or cancelled. */
export const ordersService: ServiceDefinition<AnySchema, OrdersSettings> = {
  name: 'orders',
  version: '0.1.0',
  migrations: ordersMigrations,
  settings: ordersSettings,
  create: createOrdersApp,
};
