import { type AnyDb, migrate } from '@gatehouse/database';
import type { Messaging, Subscription } from '@gatehouse/messaging';
import { createPluginHost, createPluginStates, type PluginHost } from '@gatehouse/plugin-host';
import type { Clock } from '@gatehouse/resilience';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { kitError } from './http-error.ts';
import type { Route } from './route.ts';
import type { RouteTable } from './route-table.ts';
import type { ServicePlugins } from './service.ts';

export type ServicePluginsDeps = Readonly<{
  service: Readonly<{ name: string; version: string }>;
  table: RouteTable;
  messaging: Messaging;
  db: AnyDb;
  clock: Clock;
  logger: Logger;
  isStopping: () => boolean;
}>;

/** The plugin host of a service: plugins mount into its route table and its messaging. */
export const createServicePlugins = (
  { entries, modules, services }: ServicePlugins,
  { service, table, messaging, db, clock, logger, isStopping }: ServicePluginsDeps,
): PluginHost =>
  createPluginHost({
    modules: { [service.name]: service.version, ...modules },
    plugins: entries,
    states: createPluginStates(db),
    services: services ?? {},
    clock,
    logger,
    migrate: async ({ name, migrations }) => {
      if (migrations !== undefined)
        await migrate(db, { owner: `plugin_${name.replaceAll('-', '_')}`, migrations });
    },
    contribute: {
      routes: (routes) => table.add(routes.map(toRoute)),
      middleware: (middleware) => table.addMiddleware(toMiddleware(middleware)),
      subscribe: async (subscription) => {
        const undo = await messaging.subscribe(toSubscription(subscription));
        // Undoing takes the queue away, which is right when somebody deactivates the plugin, and would lose events when
        // the service only ends: then stopping the messaging lets go of it.
        return async () => {
          if (!isStopping()) await undo();
        };
      },
    },
  });

const has = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && names.every((name) => name in value);

const toRoute = (value: unknown): Route => {
  if (!has(value, 'method', 'path', 'options', 'handle')) throw odd('Routes are made with route(…).');
  const route = value as Route;
  if (/^\/(?:internal\/|livez$|readyz$|metrics$)/.test(route.path))
    throw odd(`${route.path} is for the kit.`);
  return route;
};

const toMiddleware = (value: unknown): RequestHandler => {
  if (typeof value !== 'function') throw odd('A middleware is a function (request, response, next).');
  return value as RequestHandler;
};

const toSubscription = (value: unknown): Subscription => {
  if (!has(value, 'consumer', 'patterns', 'handle'))
    throw odd('Subscriptions are made with createSubscription(…).');
  return value as Subscription;
};

const odd = (message: string) => kitError('contribution_odd', { message });
