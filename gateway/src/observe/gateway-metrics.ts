import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Exchange } from '../exchange.ts';
import type { LimiterMode, LimiterReport } from '../limits/limiter.ts';
import type { UpstreamService } from '../upstream/upstream-service.ts';
import { instanceMetrics } from './instance-metrics.ts';
import { loadMetrics } from './load-metrics.ts';
import { RouteStats } from './route-stats.ts';
import { addStatsMetrics } from './stats-metrics.ts';

/** What the gateway counts. Labels are names from the configuration and classes of status: their number is bounded. */
export type GatewayMetrics = Readonly<{
  registry: Registry;
  /** A request has ended. */
  record(exchange: Exchange, endedAtMs: number): void;
  /** What is counted of a route and a service, by their names in the configuration, or `none`. */
  stats(route: string, service: string): RouteStats;
  allStats(): readonly RouteStats[];
  limited(limit: string): void;
}>;

export type GatewayMetricsDeps = Readonly<{
  services: () => Iterable<UpstreamService>;
  limiter: () => LimiterReport;
}>;

const breakerValues = { closed: 0, 'half-open': 1, open: 2 } as const;

export const createGatewayMetrics = ({ services, limiter }: GatewayMetricsDeps): GatewayMetrics => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const stats = new Map<string, Map<string, RouteStats>>();
  const statsOf = (route: string, service: string): RouteStats => {
    const ofRoute = stats.get(route) ?? new Map<string, RouteStats>();
    const known = ofRoute.get(service);
    if (known !== undefined) return known;
    const fresh = new RouteStats(route, service);
    stats.set(route, ofRoute.set(service, fresh));
    return fresh;
  };
  const unrouted = statsOf('none', 'none');
  const allStats = () => [...stats.values()].flatMap((ofRoute) => [...ofRoute.values()]);

  addStatsMetrics(registry, allStats);
  const limited = new Counter({
    name: 'gateway_rate_limited_total',
    help: 'Requests refused by a limit',
    labelNames: ['limit'],
    registers,
  });
  gaugeOf(registers, 'gateway_upstream_in_flight', 'Requests at a service', services, (s) => s.inFlight());
  gaugeOf(registers, 'gateway_instances', 'Healthy instances', services, (s) => s.instances().length);
  gaugeOf(
    registers,
    'gateway_breaker_state',
    '0 closed, 1 half-open, 2 open',
    services,
    (s) => breakerValues[s.breaker.report().state],
  );

  loadMetrics(registers, services);
  instanceMetrics(registers, services);
  limiterMetrics(registers, limiter);

  return {
    registry,
    record: (exchange, endedAtMs) => {
      const { route, instance } = exchange;
      const known =
        route === undefined
          ? unrouted
          : (route.stats ?? statsOf(route.settings.name, route.settings.service));
      if (route?.stats !== undefined) route.stats.inFlight -= 1;
      // A route may share its requests out between several services.
      const service = instance?.instance.service ?? known.service;
      const stats = service === known.service ? known : statsOf(known.route, service);
      stats.record(exchange, endedAtMs);
    },
    stats: statsOf,
    allStats,
    limited: (limit) => limited.inc({ limit }),
  };
};

/** Read when somebody asks, so that it costs a request nothing. */
const gaugeOf = (
  registers: Registry[],
  name: string,
  help: string,
  services: () => Iterable<UpstreamService>,
  read: (service: UpstreamService) => number,
): void => {
  new Gauge({
    name,
    help,
    labelNames: ['service'],
    registers,
    collect() {
      this.reset();
      for (const service of services()) this.set({ service: service.name }, read(service));
    },
  });
};

const limiterModes: readonly LimiterMode[] = ['memory', 'shared', 'local'];

const limiterMetrics = (registers: Registry[], limiter: () => LimiterReport): void => {
  new Gauge({
    name: 'gateway_limiter_mode',
    help: '1 for where requests are counted: memory (no Redis set), shared (in Redis), local (Redis is away)',
    labelNames: ['mode'],
    registers,
    collect() {
      const { mode } = limiter();
      for (const known of limiterModes) this.set({ mode: known }, known === mode ? 1 : 0);
    },
  });
  new Counter({
    name: 'gateway_limiter_fallbacks_total',
    help: 'How often counting in Redis had to be left',
    registers,
    collect() {
      this.reset();
      this.inc(limiter().fallbacks);
    },
  });
};
