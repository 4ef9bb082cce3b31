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

export type LiveRoutesDeps = Omit<PipelineDeps, 'service' | 'timeLimits' | 'compressors'> &
  Pick<UpstreamServiceDeps, 'registry' | 'onBreakerChange'> &
  Readonly<{ config: GatewayConfig }>;

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
      const routes = toRouteSettings(config).map((settings) => {
        const service = serviceFor(settings.service);
        return { settings, handle: pipelineFor(settings, { ...deps, timeLimits, compressors, service }) };
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

  /** Nothing here can fail: what could has been built before. */
  const putInForce = (next: GatewayConfig, built: ReturnType<typeof build>): void => {
    ({ table, added } = built);
    config = next;
    for (const [name, service] of services)
      service.configure(configOf(name, next), next.defaults.retries.budget);
    for (const [name, service] of added) services.set(name, service);
    const routed = new Set(table.routes.flatMap(({ settings }) => leadsTo(settings)));
    for (const [name, service] of services) {
      if (routed.has(name)) continue;
      services.delete(name);
      service.retire();
    }
  };

  return {
    config: () => config,
    table: () => table,
    services: () => services.values(),
    service: (name) => services.get(name),
    replace: (next) => putInForce(next, build(next)),
    close: async () => {
      await Promise.all([...services.values()].map((service) => service.close()));
    },
  };
};
