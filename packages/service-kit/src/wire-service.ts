import { createTokenVerifier } from '@gatehouse/auth';
import type { PluginHost } from '@gatehouse/plugin-host';
import type { RequestHandler } from 'express';
import { createAuthenticator } from './authentication.ts';
import { createOperations, type Phase } from './health.ts';
import { createIdempotencyKeys, type IdempotencyKeys } from './idempotency.ts';
import { createInternalRoutes } from './internal-routes.ts';
import { createHttpMetrics, createMetricsRegistry, type HttpMetrics } from './metrics.ts';
import type { OpenedService } from './open-service.ts';
import { createOpenApi } from './openapi.ts';
import { createRouteTable } from './route-table.ts';
import type { ServiceDefinition, ServiceParts } from './service.ts';
import { addServiceGauges } from './service-gauges.ts';
import { createServicePlugins } from './service-plugins.ts';
import { createRemoteTokenSources, type TokenSources } from './token-sources.ts';
import type { Tracing } from './tracing/tracing.ts';
import { addTracingMetrics } from './tracing/tracing-metrics.ts';

export type WiredService = Readonly<{
  /** In their order: operations, then the routes. */
  handlers: readonly RequestHandler[];
  metrics: HttpMetrics;
  tokens: TokenSources;
  keys: IdempotencyKeys;
  plugins: PluginHost | undefined;
}>;

/** Decides who talks to whom in front of the service's own code. Pure wiring. */
export const wireService = <S, C>(
  definition: ServiceDefinition<S, C>,
  { clock, logger, serviceTokens }: ServiceParts,
  opened: OpenedService & Readonly<{ tracing: Tracing | undefined; instanceId: string; phase: () => Phase }>,
): WiredService => {
  const { app, database, transact, messaging, client, phase } = opened;
  const { db } = database;
  const projections = app.projections ?? [];

  const tokens = app.tokens ?? createRemoteTokenSources({ client, clock, logger });
  const users = createTokenVerifier({ ...tokens, issuer: 'gatehouse', audience: 'gatehouse', clock });
  const keys = createIdempotencyKeys({ db, clock });
  const authenticate = createAuthenticator({ users, services: serviceTokens });
  const table = createRouteTable({ authenticate, transact, keys, clock });
  const isStopping = () => phase() === 'stopping';
  const plugins =
    app.plugins &&
    createServicePlugins(app.plugins, {
      service: definition,
      table,
      messaging,
      db,
      clock,
      logger,
      isStopping,
    });
  const openApi = () => createOpenApi(definition, table.routes());
  table.add([...app.routes, ...createInternalRoutes({ db, messaging, projections, plugins, openApi })]);
  openApi(); // a schema that cannot be described is found now, not by whoever asks for the document

  const registry = createMetricsRegistry(definition.name);
  if (opened.tracing !== undefined) addTracingMetrics(registry, opened.tracing.report);
  const operations = createOperations({
    instanceId: opened.instanceId,
    phase,
    ping: database.ping,
    hasKeys: tokens.keys.ready,
    metrics: registry,
    readGauges: addServiceGauges(registry, { messaging, projections }),
  });
  return {
    handlers: [operations, table.handler],
    metrics: createHttpMetrics(registry),
    tokens,
    keys,
    plugins,
  };
};
