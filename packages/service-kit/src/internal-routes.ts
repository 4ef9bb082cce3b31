import type { AnyDb } from '@gatehouse/database';
import type { Projection } from '@gatehouse/event-store';
import type { Messaging } from '@gatehouse/messaging';
import type { PluginHost } from '@gatehouse/plugin-host';
import { z } from 'zod';
import { createMessageRoutes } from './message-routes.ts';
import { createProjectionRoutes } from './projection-routes.ts';
import { bareDocument, ok } from './reply.ts';
import { type Route, route } from './route.ts';

const flag = z.stringbool({ truthy: ['true', '1', ''], falsy: ['false', '0'] }).default(false);

export type InternalRoutesDeps = Readonly<{
  db: AnyDb;
  messaging: Messaging;
  projections: readonly Projection[];
  plugins: PluginHost | undefined;
  openApi: () => object;
}>;

/** What the gateway asks every service for. For parts of Gatehouse alone, and in no API reference. */
export const createInternalRoutes = (deps: InternalRoutesDeps): readonly Route[] => [
  route(
    'GET /internal/openapi.json',
    { auth: 'service', summary: 'The API of this service, OpenAPI 3.1' },
    () => bareDocument(deps.openApi()),
  ),
  route(
    'GET /internal/status',
    { auth: 'service', summary: 'Outbox, inbox, catch-ups and projections' },
    async () => {
      const { outbox, inbox, deadLetters, relay, catchUps } = await deps.messaging.status();
      const projections = await Promise.all(deps.projections.map((projection) => projection.status()));
      return ok({ outbox, inbox, deadLetters, relay, catchUps, projections });
    },
  ),
  ...createMessageRoutes(deps),
  ...createProjectionRoutes(deps.projections),
  ...pluginRoutes(deps.plugins),
];

const pluginParams = z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/) });

const pluginRoutes = (plugins: PluginHost | undefined): readonly Route[] => [
  route('GET /internal/plugins', { auth: 'service', summary: 'Plugins of this service' }, () =>
    ok(plugins?.list() ?? []),
  ),
  ...(plugins === undefined
    ? []
    : [
        route(
          'POST /internal/plugins/:name/install',
          { auth: 'service', summary: 'Install a plugin', params: pluginParams },
          async ({ params }) => ok(await plugins.install(params.name)),
        ),
        route(
          'POST /internal/plugins/:name/activate',
          { auth: 'service', summary: 'Activate a plugin', params: pluginParams },
          async ({ params }) => ok(await plugins.activate(params.name)),
        ),
        route(
          'POST /internal/plugins/:name/deactivate',
          {
            auth: 'service',
            summary: 'Deactivate a plugin, with `cascade` also what depends on it',
            params: pluginParams,
            query: z.strictObject({ cascade: flag }),
          },
          async ({ params, query }) => ok(await plugins.deactivate(params.name, { cascade: query.cascade })),
        ),
        route(
          'POST /internal/plugins/:name/uninstall',
          { auth: 'service', summary: 'Uninstall a plugin; its data stays', params: pluginParams },
          async ({ params }) => ok(await plugins.uninstall(params.name)),
        ),
      ]),
];
