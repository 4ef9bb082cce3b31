import type { InstanceReport, Registry } from '@gatehouse/registry';
import type { Clock } from '@gatehouse/resilience';
import type { Logger } from 'pino';
import type { Registry as MetricsRegistry } from 'prom-client';
import { createConfigReloads } from './config/config-reloads.ts';
import type { GatewayConfig } from './config/gateway-config.ts';
import { maskSecrets } from './config/mask-secrets.ts';
import { gatewayError } from './gateway-error.ts';
import type {
  EjectionReport,
  GatewayInspection,
  RateLimitReport,
  RouteQuestion,
  ServiceReport,
} from './inspection.ts';
import { scaleLimit } from './limits/limit-headers.ts';
import type { Limit, Limiter, LimitState } from './limits/limiter.ts';
import type { LiveRoutes } from './live-routes.ts';
import { reportRecent } from './observe/recent.ts';
import type { RouteStats } from './observe/route-stats.ts';
import { type ExplainedRequest, explainRoute } from './routing/explain-route.ts';
import { parseTarget } from './routing/normal-path.ts';
import type { UpstreamService } from './upstream/upstream-service.ts';

export type InspectionDeps = Readonly<{
  routes: LiveRoutes;
  limiter: Limiter;
  metrics: Readonly<{ registry: MetricsRegistry; allStats(): readonly RouteStats[] }>;
  registry: Registry;
  loadConfig: () => GatewayConfig | Promise<GatewayConfig>;
  rateLimitFactor: number;
  trustedProxies: readonly string[];
  /** What the process was started with; secrets are masked here. */
  environment?: Readonly<Record<string, unknown>> | undefined;
  clock: Clock;
  logger: Logger;
}>;

export const createInspection = (deps: InspectionDeps): GatewayInspection => {
  const { routes, limiter, registry } = deps;
  const lastMinuteOf = (isMeant: (one: RouteStats) => boolean) =>
    reportRecent(
      deps.metrics
        .allStats()
        .filter(isMeant)
        .map(({ recent }) => recent),
      deps.clock.monotonic(),
    );
  const reloads = createConfigReloads({
    ...deps,
    load: deps.loadConfig,
    inForce: routes.config,
    apply: routes.replace,
  });

  return {
    services: async () =>
      reportServices(await registry.list(), routes).map((report) => ({
        ...report,
        lastMinute: lastMinuteOf(({ service }) => service === report.name),
      })),
    unheardOf: () =>
      [...routes.services()]
        .filter(({ updatedAt }) => updatedAt() === undefined)
        .map(({ name }) => name)
        .sort(),
    lastMinuteOf: (name) => lastMinuteOf(({ route }) => route === name),
    routes: () => routes.table().routes.map(({ settings }) => settings),
    testRoute: (question) => explainRoute(routes.table(), toExplained(question)),
    breakers: () => [...routes.services()].map(({ breaker }) => breaker.report()),
    setBreaker: (name, mode) => {
      const breaker = routes.service(name)?.breaker;
      if (breaker === undefined) throw gatewayError('breaker_unknown');
      breaker.force(mode);
      return breaker.report();
    },
    rateLimits: (max = 200) => {
      const limits = limitsByName(routes.config(), deps.rateLimitFactor, routes);
      return limiter.list(max).map((state) => reportLimit(state, limits));
    },
    clearRateLimit: (key) => limiter.clear(key),
    config: () => ({
      ...routes.config(),
      routes: routes.table().routes.map(({ settings }) => settings),
      rateLimitFactor: deps.rateLimitFactor,
      trustedProxies: deps.trustedProxies,
      environment: maskSecrets(deps.environment ?? {}),
      lastReload: reloads.last(),
    }),
    reload: (cause = 'operator') => reloads.reload(cause),
    metrics: deps.metrics.registry,
  };
};

/** A question as the front door would read it. */
const toExplained = ({ method, path: target, headers: named = {} }: RouteQuestion): ExplainedRequest => {
  const { path, query, authority } = parseTarget(target);
  const headers = Object.fromEntries(
    Object.entries(named).map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  const wanted = method.toUpperCase() === 'OPTIONS' ? headers['access-control-request-method'] : undefined;
  const facts = { host: authority ?? headers.host, headers, query, isPreflight: wanted !== undefined };
  return { method: (wanted ?? method).toUpperCase(), path, facts };
};

const reportServices = (
  instances: readonly InstanceReport[],
  routes: LiveRoutes,
): readonly Omit<ServiceReport, 'lastMinute'>[] => {
  const routed = [...routes.services()].map(({ name }) => name);
  const names = new Set([...routed, ...instances.map(({ service }) => service)]);
  return [...names].sort().map((name) => {
    const service = routes.service(name);
    return {
      name,
      routed: service !== undefined,
      inFlight: service?.inFlight() ?? 0,
      breaker: service?.breaker.report().state,
      load: service?.door?.report(),
      updatedAt: heardOfAt(service),
      availability: service?.health().mode,
      instances: instances
        .filter((instance) => instance.service === name)
        .map((instance) => ({
          ...instance,
          inFlight: service?.inFlightOf(instance.id) ?? 0,
          available: service?.isAvailable(instance.id) ?? false,
          ejection: ejectionOf(service, instance.id),
        })),
    };
  });
};

const ejectionOf = (service: UpstreamService | undefined, id: string): EjectionReport | undefined => {
  const ejection = service?.ejectionOf(id);
  return ejection && { ...ejection, since: new Date(ejection.since).toISOString() };
};

const heardOfAt = (service: UpstreamService | undefined): string | undefined => {
  const updatedAt = service?.updatedAt();
  return updatedAt === undefined ? undefined : new Date(updatedAt).toISOString();
};

const limitsByName = (
  { addressLimit: { requests, failedCredentials, window } }: GatewayConfig,
  factor: number,
  routes: LiveRoutes,
): ReadonlyMap<string, Limit> => {
  const limits = new Map<string, Limit>([
    ['address', { limit: requests, windowMs: window }],
    ['credentials', { limit: failedCredentials, windowMs: window }],
  ]);
  for (const { settings } of routes.table().routes) {
    const { name, limit, window: windowMs } = settings.rateLimit;
    limits.set(name, { limit, windowMs });
  }
  return new Map([...limits].map(([name, limit]) => [name, scaleLimit(limit, factor)]));
};

const reportLimit = ({ key, wholeInMs }: LimitState, limits: ReadonlyMap<string, Limit>): RateLimitReport => {
  const name = key.slice(0, key.indexOf('|'));
  const { limit, windowMs } = limits.get(name) ?? { limit: 0, windowMs: 1 };
  const spareMs = Math.max(0, windowMs - wholeInMs);
  return {
    key,
    limit: name,
    remaining: Math.floor((spareMs * limit) / windowMs),
    wholeInSeconds: Math.ceil(wholeInMs / 1000),
  };
};
