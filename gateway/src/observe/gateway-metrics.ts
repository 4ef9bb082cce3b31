import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { LimiterMode, LimiterReport } from '../limits/limiter.ts';
import type { UpstreamService } from '../upstream/upstream-service.ts';

/** What the gateway counts. Labels are names from the configuration and classes of status: their number is bounded. */
export type GatewayMetrics = Readonly<{
  registry: Registry;
  /** `route` is a route's name, `fallback` or `none`. */
  request(route: string, service: string, status: number, seconds: number): void;
  upstream(service: string, seconds: number): void;
  retried(service: string): void;
  limited(limit: string): void;
  clientGone(route: string): void;
}>;

export type GatewayMetricsDeps = Readonly<{
  services: () => Iterable<UpstreamService>;
  limiter: () => LimiterReport;
}>;

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];
const classes = ['other', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;
const breakerValues = { closed: 0, 'half-open': 1, open: 2 } as const;

type Observer = Readonly<{ observe(value: number): void }>;

/** One histogram for each route and class of status, found without making a label object for every request. */
const createObservers = (histogram: Histogram<'route' | 'service' | 'status'>) => {
  const byRoute = new Map<string, (Observer | undefined)[]>();

  return (route: string, service: string, status: number): Observer => {
    const statusClass = Math.floor(status / 100);
    const index = statusClass in classes ? statusClass : 0;
    const observers = byRoute.get(route) ?? [];
    if (observers.length === 0) byRoute.set(route, observers);
    observers[index] ??= histogram.labels({ route, service, status: classes[index] as string });
    return observers[index];
  };
};

/** The same for each service; their names come from the configuration. */
const createUpstreamObservers = (histogram: Histogram<'service'>) => {
  const byService = new Map<string, Observer>();

  return (service: string): Observer => {
    const known = byService.get(service);
    if (known !== undefined) return known;
    const fresh = histogram.labels({ service });
    byService.set(service, fresh);
    return fresh;
  };
};

export const createGatewayMetrics = ({ services, limiter }: GatewayMetricsDeps): GatewayMetrics => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const requests = new Histogram({
    name: 'gateway_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer',
    labelNames: ['route', 'service', 'status'],
    buckets,
    registers,
  });
  const upstream = new Histogram({
    name: 'gateway_upstream_duration_seconds',
    help: 'Time that services took for a request, all tries together',
    labelNames: ['service'],
    buckets,
    registers,
  });
  const counter = (name: string, help: string, label: string) =>
    new Counter({ name, help, labelNames: [label], registers });
  const retries = counter('gateway_retries_total', 'Requests sent again', 'service');
  const limited = counter('gateway_rate_limited_total', 'Requests refused by a limit', 'limit');
  const gone = counter('gateway_client_gone_total', 'Clients that hung up before their answer', 'route');

  gaugeOf(registers, 'gateway_upstream_in_flight', 'Requests at a service', services, (s) => s.inFlight());
  gaugeOf(registers, 'gateway_instances', 'Healthy instances', services, (s) => s.instances().length);
  gaugeOf(
    registers,
    'gateway_breaker_state',
    '0 closed, 1 half-open, 2 open',
    services,
    (s) => breakerValues[s.breaker.report().state],
  );

  limiterMetrics(registers, limiter);

  const observerFor = createObservers(requests);
  const upstreamOf = createUpstreamObservers(upstream);
  return {
    registry,
    request: (route, service, status, seconds) => observerFor(route, service, status).observe(seconds),
    upstream: (service, seconds) => upstreamOf(service).observe(seconds),
    retried: (service) => retries.inc({ service }),
    limited: (limit) => limited.inc({ limit }),
    clientGone: (route) => gone.inc({ route }),
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
