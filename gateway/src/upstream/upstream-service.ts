import {
  checkHealth,
  createSlowStart,
  type FetchHealth,
  fetchHealthByHttp,
  type Instance,
  type Registry,
} from '@gatehouse/registry';
import {
  type Admission,
  type Breaker,
  type Clock,
  createAdmission,
  createBreaker,
  createRetryBudget,
  type LimitBounds,
  type RetryBudget,
} from '@gatehouse/resilience';
import semver from 'semver';
import type { ServiceConfig } from '../config/gateway-config.ts';
import { availableOf } from './health/availability.ts';
import { createPassiveHealth, type Ejection, type HealthReport } from './health/passive-health.ts';
import { createInstanceList } from './instance-list.ts';
import { createSelection, type InstanceSelection, type SelectionSource } from './instance-selection.ts';
import type { UpstreamInstance } from './upstream-instance.ts';

/**
 * A service behind the gateway: its instances as the registry last knew them, their health and connections, its breaker and
 * its retry budget. Lives as long as a route leads to it, across reloads of the configuration. It is the selection of all its
 * instances.
 */
export type UpstreamService = InstanceSelection &
  Readonly<{
    name: string;
    breaker: Breaker;
    budget(): RetryBudget;
    /** How much it takes at the moment, and who comes in; undefined where that is not to be found out. */
    readonly door: Admission | undefined;
    /** Those whose version lies in a semver range, prereleases too. Asked for once for each route, not for each request. */
    ofVersion(range: string): InstanceSelection;
    instances(): readonly Instance[];
    updatedAt(): number | undefined;
    inFlight(): number;
    inFlightOf(instanceId: string): number;
    /** Whether it may get requests: this gateway has heard of it, and does not leave it alone. */
    isAvailable(instanceId: string): boolean;
    /** Undefined: it is not ejected. */
    ejectionOf(instanceId: string): Ejection | undefined;
    health(): HealthReport;
    /** Counts a request in, unless the service has as many as it may: then false. */
    enter(upstream: UpstreamInstance): boolean;
    leave(upstream: UpstreamInstance): void;
    configure(config: ServiceConfig, retryBudgetRatio: number): void;
    /** No route leads here any more: what is under way still ends by itself. */
    retire(): void;
    /** Breaks off whatever is under way. */
    close(): Promise<void>;
  }>;

export type UpstreamServiceDeps = Readonly<{
  name: string;
  config: ServiceConfig;
  retryBudgetRatio: number;
  registry: Registry;
  clock: Clock;
  random?: () => number;
  /** Instead of the HTTP probe, for tests. */
  fetchHealth?: FetchHealth;
  onBreakerChange?: (name: string, state: string) => void;
}>;

const probeTimeoutMs = 2000;

export const createUpstreamService = (deps: UpstreamServiceDeps): UpstreamService => {
  const {
    name,
    registry,
    clock,
    onBreakerChange,
    random = Math.random,
    fetchHealth = fetchHealthByHttp,
  } = deps;
  let { config } = deps;
  let total = 0;
  let entered = 0;
  let hadInstances = false;

  const breaker = createBreaker({
    name,
    clock,
    isFailure: () => true,
    onChange: ({ state }) => onBreakerChange?.(name, state),
  });
  let budgetRatio = deps.retryBudgetRatio;
  let budget = createRetryBudget({ ratio: budgetRatio, clock });
  const door = createAdmission(doorBounds(config));

  const health = createPassiveHealth<UpstreamInstance>({
    settings: () => config.ejection,
    probe: async ({ id, instance }) => {
      const path = `/readyz?instance=${encodeURIComponent(id)}` as const;
      const finding = await checkHealth(instance, { path, timeoutMs: probeTimeoutMs }, fetchHealth);
      return finding.health === 'passing';
    },
    ...{ clock, random },
    onChange: () => reconsider(),
  });
  const list = createInstanceList({ health, pools: () => config.pools, clock });

  const balancingOf = ({ balancer: strategy, slowStart: windowMs }: ServiceConfig) => ({
    ...{ strategy, random, load: () => total },
    slowStart: createSlowStart({ windowMs, clock, random }),
  });
  const source: SelectionSource = {
    revision: 0,
    listed: [],
    panicBelow: config.ejection.panic,
    balancing: balancingOf(config),
  };

  const renew = (): void => {
    source.listed = list.all();
    source.panicBelow = config.ejection.panic;
    source.revision += 1;
  };

  /** Who may be picked is another question now, and whether there is anybody at all. */
  const reconsider = (): void => {
    renew();
    const hasInstances = source.listed.length > 0;
    if (hasInstances && health.mode() !== 'nobody') breaker.recover();
    else if (hasInstances || hadInstances) breaker.trip('no instance is left');
    hadInstances = hasInstances;
  };

  const follow = (healthy: readonly Instance[]): void => {
    if (!list.follow(healthy)) return;
    health.follow(list.all());
    reconsider();
  };

  const watch = registry.watch(name, follow);
  follow(watch.instances());

  const stopWatching = (): void => {
    watch.close();
    health.stop();
    breaker.close();
  };

  return {
    ...createSelection(source),
    name,
    breaker,
    budget: () => budget,
    get door() {
      return config.concurrency.adaptive ? door : undefined;
    },
    ofVersion: (range) =>
      createSelection(source, ({ version }) => semver.satisfies(version, range, { includePrerelease: true })),
    instances: () => watch.instances(),
    updatedAt: () => watch.updatedAt(),
    inFlight: () => total,
    inFlightOf: (id) => list.find(id)?.inFlight ?? 0,
    isAvailable: (id) =>
      availableOf(source.listed, source.panicBelow).instances.some((upstream) => upstream.id === id),
    ejectionOf: (id) => {
      const upstream = list.find(id);
      return upstream && health.ejectionOf(upstream);
    },
    health: health.report,
    enter: (upstream) => {
      if (total >= config.maxInFlight) return false;
      total += 1;
      upstream.inFlight += 1;
      if (upstream.unanswered === 0) upstream.silentSince = entered;
      entered += 1;
      upstream.unanswered += 1;
      return true;
    },
    leave: (upstream) => {
      total -= 1;
      upstream.inFlight -= 1;
      // Requests that were given up say nothing any more about one that has none left.
      if (upstream.inFlight === 0) upstream.unanswered = 0;
    },
    configure: (next, ratio) => {
      if (ratio !== budgetRatio) budget = createRetryBudget({ ratio, clock });
      budgetRatio = ratio;
      const before = config;
      config = next;
      door.configure(doorBounds(next));
      if (next.balancer !== before.balancer || next.slowStart !== before.slowStart)
        source.balancing = balancingOf(next);
      if (!isSame(next.pools, before.pools)) list.reopen();
      renew();
    },
    retire: () => {
      stopWatching();
      list.retire();
    },
    close: async () => {
      stopWatching();
      await list.close();
    },
  };
};

const doorBounds = ({ concurrency, maxInFlight }: ServiceConfig): LimitBounds => ({
  min: Math.min(concurrency.min, maxInFlight),
  max: Math.min(concurrency.max ?? maxInFlight, maxInFlight),
});

const isSame = (one: object, other: object): boolean => JSON.stringify(one) === JSON.stringify(other);

/** The same service, of which only instances of a version are picked; undefined: all of them. */
export const ofVersion = (service: UpstreamService, range: string | undefined): UpstreamService =>
  range === undefined ? service : { ...service, ...service.ofVersion(range) };
