import type { InstanceReport } from '@gatehouse/registry';
import type { AdmissionReport, BreakerReport } from '@gatehouse/resilience';
import type { Registry as MetricsRegistry } from 'prom-client';
import type { ReloadCause, ReloadReport } from './config/config-reloads.ts';
import type { RouteSettings } from './config/route-settings.ts';
import type { RecentReport } from './observe/recent.ts';
import type { RouteExplanation } from './routing/explain-route.ts';
import type { Availability, EjectionCause } from './upstream/health/availability.ts';

export type ServiceReport = Readonly<{
  name: string;
  /** Whether a route leads to it. */
  routed: boolean;
  inFlight: number;
  breaker: BreakerReport['state'] | undefined;
  /** What it may have at once, has, and whom that kept out; undefined where no limit is found out. */
  load: AdmissionReport | undefined;
  /** When the registry was last heard of (ISO 8601). */
  updatedAt: string | undefined;
  /** `panic`: too few are left, so their health is ignored. `nobody`: each of them refuses connections. */
  availability: Availability | undefined;
  lastMinute: RecentReport;
  instances: readonly (InstanceReport &
    Readonly<{
      inFlight: number;
      /**
       * Whether this gateway gives it requests. What the registry has passing, a gateway may not have heard of yet (it asks
       * once a second when much changes), or leave alone.
       */
      available: boolean;
      ejection: EjectionReport | undefined;
    }>)[];
}>;

/** Why this gateway leaves an instance alone, whatever the registry says of it. */
export type EjectionReport = Readonly<{
  cause: EjectionCause;
  /** ISO 8601. */
  since: string;
  /** How often in succession, this time included. */
  times: number;
  /** How often it was asked since whether it is ready. */
  probes: number;
}>;

export type RouteQuestion = Readonly<{
  method: string;
  /** Path, with or without a query, as a client would send it. */
  path: string;
  headers?: Readonly<Record<string, string>>;
}>;

export type RateLimitReport = Readonly<{
  /** `<limit>|<subject>`: what `clearRateLimit` takes. */
  key: string;
  limit: string;
  remaining: number;
  wholeInSeconds: number;
}>;

/** What the admin side sees of the gateway and may do to it. Nothing here is on the path of a request. */
export type GatewayInspection = Readonly<{
  services(): Promise<readonly ServiceReport[]>;
  /** Services with a route of which the registry has not said anything yet, not even that nobody is there. */
  unheardOf(): readonly string[];
  routes(): readonly RouteSettings[];
  /** What was seen of a route, by its name. */
  lastMinuteOf(route: string): RecentReport;
  /** Which route would take the request, and why the others not. An unsafe path: AppError `malformed_request`. */
  testRoute(question: RouteQuestion): RouteExplanation;
  breakers(): readonly BreakerReport[];
  /** Holds a breaker, until `auto`. AppError `breaker_unknown` if there is none of that name. */
  setBreaker(name: string, mode: 'open' | 'closed' | 'auto'): BreakerReport;
  /** The counters that this gateway used last, at most `max` (default 200); with Redis as it last told of them. */
  rateLimits(max?: number): readonly RateLimitReport[];
  /** Gives a counter everything back, in Redis too while it is there; false if there is none. */
  clearRateLimit(key: string): boolean | Promise<boolean>;
  /** The configuration in force, with defaults filled in, the environment with secrets masked, and the last reload. */
  config(): Readonly<Record<string, unknown>>;
  /** Reads the configuration again: all or nothing. A bad one is refused (AppError `config_invalid`), the old one stays. */
  reload(cause?: ReloadCause): Promise<ReloadReport>;
  metrics: MetricsRegistry;
}>;
