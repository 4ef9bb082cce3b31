import { defaultServiceConfig, type GatewayConfig } from './config/gateway-config.ts';
import { toRouteSettings } from './config/route-settings.ts';
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
   * counts; requests under way end by the routes that they began with.
   */
  replace(config: GatewayConfig): void;
  close(): Promise<void>;
}>;

export type LiveRoutesDeps = Omit<PipelineDeps, 'service' | 'timeLimits'> &
  Pick<UpstreamServiceDeps, 'registry' | 'onBreakerChange'> &
  Readonly<{ config: GatewayConfig }>;

export const createLiveRoutes = (deps: LiveRoutesDeps): LiveRoutes => {
  const services = new Map<string, UpstreamService>();
  const timeLimits = createTimeLimits(deps.clock);

  const serviceFor = (name: string, config: GatewayConfig): UpstreamService => {
    const serviceConfig = config.services[name] ?? defaultServiceConfig;
    const known = services.get(name);
    known?.configure(serviceConfig, config.defaults.retries.budget);
    if (known !== undefined) return known;
    const created = createUpstreamService({
      ...deps,
      name,
      config: serviceConfig,
      retryBudgetRatio: config.defaults.retries.budget,
    });
    services.set(name, created);
    return created;
  };

  const build = (config: GatewayConfig): RouteTable =>
    compileRoutes(
      toRouteSettings(config).map((settings) => {
        const service = serviceFor(settings.service, config);
        return { settings, handle: pipelineFor(settings, { ...deps, timeLimits, service }) };
      }),
    );

  let config = deps.config;
  let table = build(config);

  const retireUnrouted = (): void => {
    const routed = new Set(table.routes.map(({ settings }) => settings.service));
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
    replace: (next) => {
      table = build(next);
      config = next;
      retireUnrouted();
    },
    close: async () => {
      await Promise.all([...services.values()].map((service) => service.close()));
    },
  };
};
