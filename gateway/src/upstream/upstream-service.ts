import { type BalancingStrategy, createBalancer, type Instance, type Registry } from '@gatehouse/registry';
import {
  type Breaker,
  type Clock,
  createBreaker,
  createRetryBudget,
  type RetryBudget,
} from '@gatehouse/resilience';
import type { ServiceConfig } from '../config/gateway-config.ts';
import { openInstance, type UpstreamInstance } from './upstream-instance.ts';

/**
 * A service behind the gateway: its instances as the registry last knew them, their connections, its breaker and its
 * retry budget. Lives as long as a route leads to it, across reloads of the configuration.
 */
export type UpstreamService = Readonly<{
  name: string;
  breaker: Breaker;
  budget(): RetryBudget;
  /** An instance that is not among `tried`, by the balancer's strategy. */
  pick(tried: readonly string[] | undefined): UpstreamInstance | undefined;
  hasOther(tried: readonly string[]): boolean;
  instances(): readonly Instance[];
  updatedAt(): number | undefined;
  inFlight(): number;
  inFlightOf(instanceId: string): number;
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
  onBreakerChange?: (name: string, state: string) => void;
}>;

export const createUpstreamService = (deps: UpstreamServiceDeps): UpstreamService => {
  const { name, registry, clock, onBreakerChange } = deps;
  const open = new Map<string, UpstreamInstance>();
  let { config } = deps;
  let balancer = createBalancer(strategyOf(config));
  let total = 0;
  let hadInstances = false;

  const breaker = createBreaker({
    name,
    clock,
    isFailure: () => true,
    onChange: ({ state }) => onBreakerChange?.(name, state),
  });
  let budgetRatio = deps.retryBudgetRatio;
  let budget = createRetryBudget({ ratio: budgetRatio, clock });
  const inFlightOf = (id: string): number => open.get(id)?.inFlight ?? 0;

  const follow = (healthy: readonly Instance[]): void => {
    const stays = new Set(healthy.map(({ id }) => id));
    for (const [id, { pool }] of open) {
      if (stays.has(id)) continue;
      open.delete(id);
      // What is under way ends by itself; only then do the connections go.
      void pool.close();
    }
    if (healthy.length > 0) breaker.recover();
    else if (hadInstances) breaker.trip('no instance is left');
    hadInstances = healthy.length > 0;
  };

  const watch = registry.watch(name, follow);

  const stopWatching = (): void => {
    watch.close();
    breaker.close();
  };

  const openFor = (instance: Instance): UpstreamInstance => {
    const known = open.get(instance.id);
    if (known?.instance.address === instance.address && known.instance.port === instance.port) return known;
    if (known !== undefined) void known.pool.close();
    const fresh = openInstance(instance);
    open.set(instance.id, fresh);
    return fresh;
  };

  return {
    name,
    breaker,
    budget: () => budget,
    pick: (tried) => {
      const all = watch.instances();
      const candidates = tried === undefined ? all : all.filter(({ id }) => !tried.includes(id));
      const chosen = candidates.length === 1 ? candidates[0] : balancer.pick(candidates, inFlightOf);
      return chosen === undefined ? undefined : openFor(chosen);
    },
    hasOther: (tried) => watch.instances().some(({ id }) => !tried.includes(id)),
    instances: () => watch.instances(),
    updatedAt: () => watch.updatedAt(),
    inFlight: () => total,
    inFlightOf,
    enter: (upstream) => {
      if (total >= config.maxInFlight) return false;
      total += 1;
      upstream.inFlight += 1;
      return true;
    },
    leave: (upstream) => {
      total -= 1;
      upstream.inFlight -= 1;
    },
    configure: (next, ratio) => {
      if (ratio !== budgetRatio) budget = createRetryBudget({ ratio, clock });
      budgetRatio = ratio;
      if (next.balancer !== config.balancer) balancer = createBalancer(strategyOf(next));
      config = next;
    },
    retire: () => {
      stopWatching();
      for (const { pool } of open.values()) void pool.close();
    },
    close: async () => {
      stopWatching();
      await Promise.all([...open.values()].map(({ pool }) => pool.destroy()));
      open.clear();
    },
  };
};

/** The strategies that weigh and hash are chosen by the registry package's balancer; until then both count connections. */
const strategyOf = ({ balancer }: ServiceConfig): BalancingStrategy =>
  balancer === 'weighted' || balancer === 'consistent-hash' ? 'least-connections' : balancer;
