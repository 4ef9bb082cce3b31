import { mayBeKeptBy } from './cache/route-answers.ts';
import { createCompressors } from './compression/compressors.ts';
import { defaultServiceConfig, type GatewayConfig, type ServiceConfig } from './config/gateway-config.ts';
import { leadsTo, toRouteSettings } from './config/route-settings.ts';
import { type PipelineDeps, pipelineFor } from './pipeline.ts';
import { compileRoutes, type RouteTable } from './routing/route-table.ts';
import { createTimeLimits } from './upstream/time-limits.ts';
import {
  createUpstreamService,
  type UpstreamService,
  type UpstreamServiceDeps,
} from './upstream/upstream-service.ts';

/** The routes in force and the services behind them. */
export type LiveRoutes = Readonly<{
  config(): GatewayConfig;
  table(): RouteTable;
  services(): Iterable<UpstreamService>;
  service(name: string): UpstreamService | undefined;
  /**
   * Puts another configuration in force between two requests. Services that stay keep their connections, breaker and
   * counts; requests under way end by the routes that they began with. All or nothing: when it throws, nothing has changed.
   */
  replace(config: GatewayConfig): void;
  close(): Promise<void>;
}>;

export type LiveRoutesDeps = Omit<PipelineDeps, 'serviceOf' | 'timeLimits' | 'compressors' | 'forgets'> &
  Pick<UpstreamServiceDeps, 'registry' | 'onBreakerChange'> &
  Readonly<{
    config: GatewayConfig;
    /** Another configuration is in force: for what is no route's. */
    onReplaced?: (config: GatewayConfig) => void;
  }>;

export const createLiveRoutes = (deps: LiveRoutesDeps): LiveRoutes => {
  const services = new Map<string, UpstreamService>();
  const timeLimits = createTimeLimits(deps.clock);
  const compressors = createCompressors();

  const configOf = (name: string, config: GatewayConfig): ServiceConfig =>
    config.services[name] ?? defaultServiceConfig;

  /** The table of a configuration, and the services that it needs beside those that are there. */
  const build = (config: GatewayConfig) => {
    const added = new Map<string, UpstreamService>();
    const serviceFor = (name: string): UpstreamService => {
      const known = services.get(name) ?? added.get(name);
      if (known !== undefined) return known;
      const created = createUpstreamService({
        ...{ ...deps, name },
        config: configOf(name, config),
        retryBudgetRatio: config.defaults.retries.budget,
      });
      added.set(name, created);
      return created;
    };

    try {
      const all = toRouteSettings(config);
      const routes = all.map((settings) => {
        const forgets = mayBeKeptBy(settings, all);
        const parts = { ...deps, timeLimits, compressors, forgets, serviceOf: serviceFor };
        const stats = deps.metrics.stats(settings.name, settings.service);
        return { settings, stats, handle: pipelineFor(settings, parts) };
      });
      return { table: compileRoutes(routes), added };
    } catch (error) {
      for (const service of added.values()) service.retire();
      throw error;
    }
  };

  let { config } = deps;
  let { table, added } = build(config);
  for (const [name, service] of added) services.set(name, service);

  const configure = (by: GatewayConfig): void => {
    for (const [name, service] of services) service.configure(configOf(name, by), by.defaults.retries.budget);
  };

  /** In one turn, so that no request meets half of it. */
  const replace = (next: GatewayConfig): void => {
    try {
      configure(next); // first: pipelines look at what their services are
      ({ table, added } = build(next));
    } catch (error) {
      configure(config);
      throw error;
    }
    config = next;
    for (const [name, service] of added) services.set(name, service);
    const routed = new Set(table.routes.flatMap(({ settings }) => leadsTo(settings)));
    for (const [name, service] of services) {
      if (routed.has(name)) continue;
      services.delete(name);
      service.retire();
    }
    deps.onReplaced?.(next);
  };

  return {
    config: () => config,
    table: () => table,
    services: () => services.values(),
    service: (name) => services.get(name),
    replace,
    close: async () => {
      await Promise.all([...services.values()].map((service) => service.close()));
    },
  };
};
