import { gatewayService } from '../fleet/gateway-service.ts';
import type { GatewayConfig, RateLimitConfig, RouteConfig, ServiceConfig } from './gateway-config.ts';
import { nearestName } from './nearest-name.ts';
import { findRouteConflicts } from './route-conflicts.ts';
import { servicesOf } from './route-settings.ts';

/** One mistake; `path` leads to it from the root of the document, `other` to what it collides with. */
export type Mistake = Readonly<{
  path: readonly PropertyKey[];
  message: string;
  other?: readonly PropertyKey[];
}>;

type Tell = (field: string, message: string, other?: readonly PropertyKey[]) => void;

/** A configuration of which some parts may be broken, and are undefined then. */
export type PartialConfig = Readonly<{
  routes: readonly (RouteConfig | undefined)[];
  services: Readonly<Record<string, ServiceConfig | undefined>>;
  defaults: GatewayConfig['defaults'];
}>;

/** Counted before there is a route. */
const reservedLimits: readonly string[] = ['address', 'credentials'];

/** What no schema of a single field can see. */
export const findRouteMistakes = (config: PartialConfig): readonly Mistake[] => {
  const mistakes: Mistake[] = [];
  const names = new Map<string, number>();
  const limits = createLimitNames(config);

  config.routes.forEach((route, index) => {
    if (route === undefined) return;
    const tell: Tell = (field, message, other) => {
      mistakes.push({ path: ['routes', index, field], message, ...(other && { other }) });
    };
    const name = route.name ?? `${route.service}-${index}`;
    const namesake = names.get(name);
    if (namesake === undefined) names.set(name, index);
    else tell('name', `Another route is named ${name}`, ['routes', namesake]);
    limits.check(route.rateLimit, name, ['routes', index, 'rateLimit'], tell);
    findContradictions(route, config, tell);
  });
  return [
    ...mistakes,
    ...toMistakes(findRouteConflicts(config.routes), config.routes),
    ...findUnrouted(config),
  ];
};

/** Limits of one name are one count, so they cannot differ. */
const createLimitNames = ({ defaults: { rateLimit: first } }: PartialConfig) => {
  const figuresOf = (limit: RateLimitConfig): string =>
    `${limit.limit}/${limit.window}/${limit.by}/${limit.header ?? ''}`;
  const known = new Map([
    [
      first.name ?? 'default',
      { figures: figuresOf(first), path: ['defaults', 'rateLimit'] as PropertyKey[] },
    ],
  ]);

  return {
    check: (limit: RateLimitConfig | undefined, route: string, path: PropertyKey[], tell: Tell): void => {
      if (limit === undefined) return;
      const name = limit.name ?? route;
      if (reservedLimits.includes(name)) tell('rateLimit', `The limit ${name} is the gateway's own`);
      const same = known.get(name) ?? { figures: figuresOf(limit), path };
      known.set(name, same);
      if (same.figures !== figuresOf(limit))
        tell('rateLimit', `Limits named ${name} are one limit: their figures must be the same`, same.path);
    },
  };
};

/** What is set for a service that gets no request would silently do nothing. */
const findUnrouted = ({ routes, services }: PartialConfig): readonly Mistake[] => {
  if (routes.includes(undefined)) return [];
  const routed = [...new Set(routes.flatMap((route) => (route === undefined ? [] : [...servicesOf(route)])))];
  return Object.keys(services)
    .filter((name) => !routed.includes(name))
    .map((name) => {
      const meant = nearestName(name, routed);
      const hint = meant === undefined ? '' : `; do you mean ${meant}?`;
      return { path: ['services', name], message: `No route leads to this service${hint}` };
    });
};

/** Settings of one route that do not go together. */
const findContradictions = (route: RouteConfig, config: PartialConfig, tell: Tell): void => {
  if (servicesOf(route).has(gatewayService))
    tell('service', 'The gateway itself is no service: its operations are not for the public');
  if (route.auth !== 'required' && (route.roles ?? route.scopes) !== undefined)
    tell('auth', 'It asks for roles or scopes, so `auth` must be required');
  if (route.auth === 'none' && route.apiKeys === true)
    tell('apiKeys', 'Nobody is asked who they are here: `auth` must be optional or required');
  if ((route.tryTimeout ?? 0) > (route.timeout ?? config.defaults.timeout))
    tell('tryTimeout', 'One try may not last longer than all of them together (`timeout`)');
  if (route.fallback?.stale === true && route.cache === undefined)
    tell('fallback', 'There is nothing stale without `cache`');
  if (route.version !== undefined && (route.split ?? []).some(({ version }) => version !== undefined))
    tell('split', 'The route has a `version`, so its parts cannot have one');
  if (route.rewrite?.path !== undefined && route.path.endsWith('/*'))
    tell('rewrite', '`path` would send everything below the route to one place; use `prefix`');
  if (route.hash !== undefined && !isHashed(route, config))
    tell('hash', 'Its service must be balanced by `balancer: consistent-hash` (in `services`)');
};

const isHashed = (route: RouteConfig, { services }: PartialConfig): boolean =>
  [...servicesOf(route)].some((name) => services[name]?.balancer === 'consistent-hash');

const toMistakes = (
  conflicts: ReturnType<typeof findRouteConflicts>,
  routes: PartialConfig['routes'],
): readonly Mistake[] =>
  conflicts.map(({ first, second, method, same }) => ({
    path: ['routes', second, 'path'],
    message: same
      ? `${method} ${routes[second]?.path} is routed already: take one of both out`
      : `A ${method} could meet the conditions of two routes, and neither asks for more: give one of them another condition`,
    other: ['routes', first],
  }));
