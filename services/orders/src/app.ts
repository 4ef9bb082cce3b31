import { exportedUser } from '@gatehouse/contracts';
import type { AnySchema } from '@gatehouse/database';
import { createCommandHandler, createProjection, createStateLoader } from '@gatehouse/event-store';
import { currentContext } from '@gatehouse/messaging';
import { createExportReader, type ServiceApp, type ServiceDeps } from '@gatehouse/service-kit';
import type { OrdersSettings } from './config.ts';
import { orderReadsRoutes } from './http/order-reads-routes.ts';
import { ordersRoutes } from './http/orders-routes.ts';
import { productsRoutes } from './http/products-routes.ts';
import { orderDecider, orderSchema } from './order/order.ts';
import { orderEventTypes } from './order/order-messages.ts';
import { createOrderWriter } from './order/order-writer.ts';
import { createClosedAccounts } from './processes/closed-accounts.ts';
import { createConfirmationLimit } from './processes/confirmation-limit.ts';
import { createFulfilment } from './processes/fulfilment.ts';
import { createCatalogue } from './product/catalogue.ts';
import { createStock } from './product/stock.ts';
import { createOrderReader } from './projections/order-reader.ts';
import {
  createOrderSummaries,
  createOrderSummaryProjection,
  orderSummaryTables,
} from './projections/order-summary.ts';

export type OrdersDeps = Pick<
  ServiceDeps<AnySchema, OrdersSettings>,
  | 'database'
  | 'db'
  | 'transact'
  | 'messaging'
  | 'eventStore'
  | 'client'
  | 'clock'
  | 'ids'
  | 'logger'
  | 'config'
>;

/** Each closed one may have orders to cancel, and a page is one transaction. */
const accountsAtOnce = 100;

/** Decides who talks to whom. Pure wiring. */
export const createOrdersApp = ({
  database,
  db,
  transact,
  messaging: { outbox },
  eventStore,
  client,
  clock,
  ids,
  logger,
  config,
}: OrdersDeps): ServiceApp => {
  const orders = {
    store: eventStore,
    decider: orderDecider,
    category: 'order',
    schemaHash: orderSchema,
    metadata: currentContext,
  };
  const load = createStateLoader(orders);
  const write = createOrderWriter({
    handle: createCommandHandler(orders),
    outbox,
    confirmationLimitMs: config.confirmationLimitMs,
  });
  const stock = createStock({ outbox });
  const catalogue = createCatalogue({ db, outbox });
  const summaries = createOrderSummaries(db);
  const projection = createProjection({
    name: 'order-summary',
    database,
    categories: ['order'],
    types: orderEventTypes,
    tables: orderSummaryTables,
    apply: createOrderSummaryProjection({ load }),
    clock,
    pollMs: config.projectionPollMs,
    onError: (error) => logger.error({ err: error, projection: 'order-summary' }, 'projection failed'),
  });
  const readUsers = createExportReader({
    client,
    service: 'users',
    path: '/internal/users/export',
    item: exportedUser,
    limit: accountsAtOnce,
  });
  const reader = createOrderReader({ summaries, eventStore, load, projection, clock });

  return {
    routes: [
      ...productsRoutes({ catalogue, ids }),
      ...ordersRoutes({ write, catalogue, stock, clock, ids }),
      ...orderReadsRoutes({ reader, summaries, load, eventStore, projection, config }),
    ],
    subscriptions: [
      createFulfilment({ load, write, stock, clock }),
      createClosedAccounts({ write, clock, readUsers }),
    ],
    projections: [projection],
    background: [
      createConfirmationLimit({
        write,
        transact,
        clock,
        pollMs: 1_000,
        onError: (error) => logger.error({ err: error }, 'orders that wait too long could not be rejected'),
      }),
    ],
  };
};
