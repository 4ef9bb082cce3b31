import { ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import { gatewayError } from '../gateway-error.ts';
import type { GatewayInspection } from '../inspection.ts';
import type { AskServices } from './ask-services.ts';
import { projectionRoutes } from './projection-routes.ts';

type Status = Readonly<{
  outbox: object;
  inbox: object;
  deadLetters: number;
  projections: readonly object[];
}>;
type PluginReport = Readonly<{ name: string }>;

const pluginName = z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/) });
const pluginActions = ['install', 'activate', 'deactivate', 'uninstall'] as const;

/** The services behind the gateway: who runs, how far their messages are, their plugins and mails. */
export const serviceRoutes = (ask: AskServices, inspection: GatewayInspection): readonly Route[] => [
  route(
    'GET /admin/services',
    { auth: 'admin', tag: 'admin', summary: 'Instances, their health and their load' },
    async () => ok(await inspection.services()),
  ),
  route(
    'GET /admin/outboxes',
    { auth: 'admin', tag: 'admin', summary: 'What waits to be sent and to be processed, by service' },
    async () => {
      const { answers, unavailable } = await ask.all<Status>({ path: '/internal/status' });
      const rows = answers.map(({ service, data: { projections: _, ...status } }) => ({
        service,
        ...status,
      }));
      return ok(rows, { meta: { unavailable } });
    },
  ),
  ...projectionRoutes(ask),
  route(
    'GET /admin/mailbox',
    {
      auth: 'admin',
      tag: 'admin',
      summary: 'Mails kept by the embedded mailbox, newest first',
      query: z.strictObject({ to: z.string().min(1).max(320).optional() }),
    },
    async ({ query }) => ok(await ask.one('users', { path: '/internal/mailbox', query })),
  ),
  route(
    'POST /admin/keys/rotate',
    {
      auth: 'admin',
      tag: 'admin',
      summary: 'Sign with a new key; the former one stays until its tokens are out',
    },
    async () => ok(await ask.one('users', { method: 'POST', path: '/internal/keys/rotate' })),
  ),
  ...pluginRoutes(ask),
];

const pluginRoutes = (ask: AskServices): readonly Route[] => [
  route(
    'GET /admin/plugins',
    { auth: 'admin', tag: 'admin', summary: 'Plugins of every service and their state' },
    async () => {
      const { answers, unavailable } = await ask.all<readonly PluginReport[]>({ path: '/internal/plugins' });
      const plugins = answers.flatMap(({ service, data }) => data.map((plugin) => ({ service, ...plugin })));
      return ok(plugins, { meta: { unavailable } });
    },
  ),
  ...pluginActions.map((action) =>
    route(
      `POST /admin/plugins/:name/${action}`,
      {
        auth: 'admin',
        tag: 'admin',
        summary: pluginSummaries[action],
        params: pluginName,
        query: z.strictObject(
          action === 'deactivate' ? { cascade: z.enum(['true', 'false', '']).optional() } : {},
        ),
      },
      async ({ params, query }) => {
        const service = await ownerOf(ask, params.name);
        const { cascade } = query as { cascade?: string };
        return ok(
          await ask.instances(service, {
            method: 'POST',
            path: `/internal/plugins/${params.name}/${action}`,
            query: cascade === undefined ? {} : { cascade: cascade !== 'false' },
          }),
        );
      },
    ),
  ),
];

const pluginSummaries: Readonly<Record<(typeof pluginActions)[number], string>> = {
  install: 'Install a plugin: its tables are made',
  activate: 'Activate a plugin: its routes, middleware and listeners are there',
  deactivate: 'Deactivate a plugin: all of it is gone, its data stays',
  uninstall: 'Uninstall a plugin; its data stays',
};

const ownerOf = async (ask: AskServices, plugin: string): Promise<string> => {
  const { answers, unavailable } = await ask.all<readonly PluginReport[]>({ path: '/internal/plugins' });
  const owner = answers.find(({ data }) => data.some(({ name }) => name === plugin));
  if (owner) return owner.service;
  throw unavailable.length > 0
    ? gatewayError('service_unavailable', {
        message: `${unavailable.join(', ')} cannot be asked for its plugins.`,
      })
    : gatewayError('not_found', { message: `There is no plugin "${plugin}".` });
};
