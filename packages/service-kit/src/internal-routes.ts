import { id } from '@gatehouse/contracts';
import type { Projection } from '@gatehouse/event-store';
import type { Messaging } from '@gatehouse/messaging';
import type { PluginHost } from '@gatehouse/plugin-host';
import { z } from 'zod';
import { filterText, moment } from './query-values.ts';
import { bareDocument, noContent, ok } from './reply.ts';
import { type Route, route } from './route.ts';

const flag = z.stringbool({ truthy: ['true', '1', ''], falsy: ['false', '0'] }).default(false);
const limit = z.coerce.number().int().min(1).max(1000).default(100);
const noPadding = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;

export type InternalRoutesDeps = Readonly<{
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
  ...eventRoutes(deps.messaging),
  ...pluginRoutes(deps.plugins),
];

const eventRoutes = ({ history, deadLetters }: Messaging): readonly Route[] => [
  route(
    'GET /internal/events',
    {
      auth: 'service',
      summary: 'What this service announced, newest first',
      query: z.strictObject({
        type: filterText.optional(),
        since: moment.optional(),
        correlationId: filterText.optional(),
        limit,
      }),
    },
    async ({ query }) => ok(await history.list(noPadding(query))),
  ),
  route(
    'GET /internal/dead-letters',
    {
      auth: 'service',
      summary: 'Messages that could not be processed, newest first',
      query: z.strictObject({
        consumer: filterText.optional(),
        type: filterText.optional(),
        error: filterText.optional(),
        after: id.optional(),
        limit,
      }),
    },
    async ({ query }) => ok(await deadLetters.list(noPadding(query))),
  ),
  route(
    'GET /internal/dead-letters/:id',
    { auth: 'service', summary: 'One dead letter' },
    async ({ params }) => ok(await deadLetters.get(params.id)),
  ),
  route(
    'PATCH /internal/dead-letters/:id',
    {
      auth: 'service',
      summary: 'Change what a replay will carry',
      body: z.strictObject({ data: z.unknown() }),
    },
    async ({ params, body }) => ok(await deadLetters.edit(params.id, body.data)),
  ),
  route(
    'POST /internal/dead-letters/:id/replay',
    {
      auth: 'service',
      summary: 'Process it again, or say what would come of it',
      query: z.strictObject({ dryRun: flag }),
    },
    async ({ params, query }) => ok(await deadLetters.replay(params.id, { dryRun: query.dryRun })),
  ),
  route(
    'DELETE /internal/dead-letters/:id',
    { auth: 'service', summary: 'Give it up' },
    async ({ params }) => {
      await deadLetters.discard(params.id);
      return noContent();
    },
  ),
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
