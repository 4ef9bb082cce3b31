import type { TokenVerifier } from '@gatehouse/auth';
import type { Ids } from '@gatehouse/contracts';
import type { Clock } from '@gatehouse/resilience';
import type { Express, RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { createAuthenticator } from './authentication.ts';
import { createHttpApp } from './http-app.ts';
import { kitError } from './http-error.ts';
import { createHttpMetrics } from './metrics.ts';
import { createOpenApi } from './openapi.ts';
import type { Route } from './route.ts';
import { createRouteTable } from './route-table.ts';
import type { Tracing } from './tracing/tracing.ts';

export type ApiHandlerOptions = Readonly<{
  name: string;
  version: string;
  routes: readonly Route[];
  /** Handlers that are tried before the routes: pages, files. */
  pages?: readonly RequestHandler[];
  verifier: TokenVerifier;
  metrics: Registry;
  clock: Clock;
  ids: Ids;
  logger: Logger;
  /** Where the spans of sampled traces go; without it there are none. */
  tracing?: Tracing | undefined;
}>;

/**
 * Routes without a service around them: the same checks, problems and OpenAPI, no database and so no `Idempotency-Key`. For a part that
 * keeps nothing itself, such as the gateway's administration.
 */
export const createApiHandler = (options: ApiHandlerOptions): { app: Express; openApi(): object } => {
  const { clock, ids, logger, routes } = options;
  const table = createRouteTable({
    authenticate: createAuthenticator({ users: options.verifier, services: { verify: refuseServices } }),
    transact: nothingKept,
    keys: { answerOnce: nothingKept, purge: nothingKept },
    clock,
  });
  table.add(routes);
  return {
    app: createHttpApp({
      handlers: [...(options.pages ?? []), table.handler],
      metrics: createHttpMetrics(options.metrics),
      logger,
      clock,
      ids,
      tracing: options.tracing,
    }),
    openApi: () => createOpenApi(options, table.routes()),
  };
};

const nothingKept = async (): Promise<never> => {
  throw new Error('A route of an API handler has no database: it cannot use `once`.');
};

const refuseServices = async (): Promise<never> => {
  throw kitError('unauthenticated');
};
