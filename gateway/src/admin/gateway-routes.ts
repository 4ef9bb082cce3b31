import { noContent, ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { Fleet, FleetMeta } from '../fleet/fleet.ts';
import { gatewayError } from '../gateway-error.ts';
import type { GatewayInspection } from '../inspection.ts';

const breakerModes = { open: 'open', close: 'closed', auto: 'auto' } as const;
const name = z.strictObject({ name: z.string().min(1).max(100) });

/** The gateway itself: its routes, breakers, limits and configuration. What is done to one is done to all gateways. */
export const gatewayRoutes = (inspection: GatewayInspection, fleet: Fleet): readonly Route[] => [
  route('GET /admin/routes', { auth: 'admin', tag: 'admin', summary: 'Every route with its policies' }, () =>
    ok(inspection.routes().map((one) => ({ ...one, lastMinute: inspection.lastMinuteOf(one.name) }))),
  ),
  route(
    'POST /admin/routes/test',
    {
      auth: 'admin',
      tag: 'admin',
      summary: 'Which route would take a request, and why the others not',
      body: z.strictObject({
        method: z.string().min(1).max(20).toUpperCase(),
        path: z.string().startsWith('/').max(8192),
        headers: z.record(z.string(), z.string()).optional(),
      }),
    },
    ({ body: { headers, ...question } }) =>
      ok(inspection.testRoute(headers === undefined ? question : { ...question, headers })),
  ),
  route(
    'GET /admin/breakers',
    { auth: 'admin', tag: 'admin', summary: 'Circuit breakers: state, causes, forced or not' },
    async () => tell(await fleet.breakers()),
  ),
  ...Object.entries(breakerModes).map(([action, mode]) =>
    route(
      `POST /admin/breakers/:name/${action}`,
      {
        auth: 'admin',
        tag: 'admin',
        summary: mode === 'auto' ? 'Let a breaker decide by itself again' : `Hold a breaker ${mode}`,
        params: name,
      },
      async ({ params }) => tell(await fleet.setBreaker(params.name, mode)),
    ),
  ),
  route(
    'GET /admin/rate-limits',
    { auth: 'admin', tag: 'admin', summary: 'The counters that were used last' },
    async () => {
      const { data, meta } = await fleet.rateLimits();
      return tell({ data: data.map((counter) => ({ ...counter, key: toPathKey(counter.key) })), meta });
    },
  ),
  route(
    'DELETE /admin/rate-limits/:key',
    {
      auth: 'admin',
      tag: 'admin',
      summary: 'Give a counter everything back; `key` is the one of the list',
      params: z.strictObject({ key: z.string().regex(/^[\w-]{1,400}$/) }),
    },
    async ({ params }) => {
      const { data: found, meta } = await fleet.clearRateLimit(fromPathKey(params.key));
      if (!found) throw gatewayError('not_found');
      return meta.unavailable.length > 0 ? ok({ cleared: true }, { meta }) : noContent();
    },
  ),
  route(
    'GET /admin/config',
    { auth: 'admin', tag: 'admin', summary: 'The configuration in force, secrets masked' },
    () => ok(inspection.config()),
  ),
  route(
    'POST /admin/config/reload',
    { auth: 'admin', tag: 'admin', summary: 'Read gateway.yaml again: all of it or nothing' },
    async () => tell(await fleet.reload()),
  ),
];

/** A counter's own key may hold a slash (an IPv6 network), which no path of the gateway may. */
const toPathKey = (key: string): string => Buffer.from(key).toString('base64url');
const fromPathKey = (key: string): string => Buffer.from(key, 'base64url').toString();

/** Who else was asked is told only where there is anybody else. */
const tell = <T>({ data, meta }: Readonly<{ data: T; meta: FleetMeta }>) =>
  meta.gateways.length + meta.refused.length + meta.unavailable.length > 1 ? ok(data, { meta }) : ok(data);
