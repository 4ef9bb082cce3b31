import {
  createTransact,
  type Database,
  type Migrations,
  migrate,
  openDatabase,
  type Transact,
} from '@gatehouse/database';
import { adoptEvents, createPostgresEventStore, eventStoreMigrations } from '@gatehouse/event-store';
import { createMessaging, messagingMigrations } from '@gatehouse/messaging';
import { pluginHostMigrations } from '@gatehouse/plugin-host';
import { createServiceClient } from '@gatehouse/registry';
import type { Closing } from './closing.ts';
import { serviceKitMigrations } from './idempotency.ts';
import { currentCallContext } from './request-context.ts';
import type { ServiceApp, ServiceDefinition, ServiceDeps, ServiceParts } from './service.ts';
import { traceMessaging } from './tracing/trace-messaging.ts';
import type { Tracing } from './tracing/tracing.ts';

/** A service with everything under it opened and migrated, and nothing started yet. */
export type OpenedService = Readonly<{
  app: ServiceApp;
  database: Database;
  transact: Transact;
  messaging: ServiceDeps<unknown, unknown>['messaging'];
  client: ServiceDeps<unknown, unknown>['client'];
}>;

export const openService = async <S, C>(
  definition: ServiceDefinition<S, C>,
  parts: ServiceParts & Readonly<{ tracing?: Tracing | undefined }>,
  closing: Closing,
): Promise<OpenedService> => {
  const { name, settings } = definition;
  const { clock, ids, logger } = parts;
  const config = settings === undefined ? (parts.settings as C) : settings.parse(parts.settings);

  const database = openDatabase<S>({
    url: parts.databaseUrl,
    applicationName: `gatehouse-${name}`,
    clock,
    onError: (err) => logger.warn({ err }, 'a database connection was lost'),
    ...(parts.poolSize === undefined ? {} : { poolSize: parts.poolSize }),
  });
  closing.add('database', database.close);
  await migrateAll(database, definition);

  const { db } = database;
  const adopted = await adoptEvents(db);
  if (adopted > 0) logger.warn({ events: adopted }, 'events of another database cluster were taken over');
  const messaging = traceMessaging(
    createMessaging({ service: name, database, transport: parts.transport, clock, ids, logger }),
    parts.tracing,
  );
  let app: ServiceApp | undefined;
  const transact = createTransact<S>({
    db,
    clock,
    afterCommit: () => {
      messaging.hint();
      for (const projection of app?.projections ?? []) projection.hint();
    },
  });
  const client = createServiceClient({
    registry: parts.registry,
    tokens: parts.serviceTokens,
    caller: name,
    clock,
    context: currentCallContext,
  });
  closing.add('client', async () => client.close());

  const eventStore = createPostgresEventStore({ db, clock, ids });
  app = definition.create({
    ...{ database, db, transact, messaging, eventStore, client },
    ...{ clock, ids, logger, config },
  });
  return { app, database, transact: transact as Transact, messaging, client };
};

const migrateAll = async (
  { db }: Database,
  { name, migrations }: Readonly<{ name: string; migrations: Migrations }>,
): Promise<void> => {
  const owners: readonly (readonly [string, Migrations])[] = [
    ['messaging', messagingMigrations],
    ['event_store', eventStoreMigrations],
    ['plugin_host', pluginHostMigrations],
    ['service_kit', serviceKitMigrations],
    [name.replaceAll('-', '_'), migrations],
  ];
  for (const [owner, ofOwner] of owners) await migrate(db, { owner, migrations: ofOwner });
};
