import type { Principal, TokenVerifier } from '@gatehouse/auth';
import type { Registry, ServiceClient } from '@gatehouse/registry';
import type { Clock } from '@gatehouse/resilience';
import { addTracingMetrics, createTraceIds, type Tracing, withoutRedaction } from '@gatehouse/service-kit';
import type { Logger } from 'pino';
import type { ApiKeys } from './auth/api-keys.ts';
import type { CacheStore } from './cache/cache-store.ts';
import { createMemoryStore } from './cache/memory-store.ts';
import { createRouteAnswers } from './cache/route-answers.ts';
import type { GatewayConfig } from './config/gateway-config.ts';
import { createInspection } from './create-inspection.ts';
import type { Exchange } from './exchange.ts';
import type { OtherGateways } from './fleet/other-gateways.ts';
import { createFrontDoor, type Fallback, type FrontDoor } from './front-door.ts';
import type { GatewayInspection } from './inspection.ts';
import { scaleLimit } from './limits/limit-headers.ts';
import type { Limiter } from './limits/limiter.ts';
import { createMemoryLimiter } from './limits/memory-limiter.ts';
import { createLiveRoutes } from './live-routes.ts';
import { createFindClient } from './message/client-address.ts';
import { logAccess } from './observe/access-log.ts';
import { createGatewayMetrics } from './observe/gateway-metrics.ts';
import { createLineLogger } from './observe/log-line.ts';
import { endRequestSpan } from './observe/request-span.ts';
import { type AddressFigures, createAddressLimit } from './policies/address-limit.ts';
import { createIsUpgradable } from './upgrade/upgradable.ts';
import { createUpgradeDoor, type UpgradeDoor } from './upgrade/upgrade-door.ts';
import { createUpgrades } from './upgrade/upgrades.ts';

/** What the app behind the data path (admin, docs, console) is made of. */
export type FallbackParts = Readonly<{
  inspection: GatewayInspection;
  verifier: TokenVerifier;
  client: ServiceClient;
  registry: Registry;
  /** Those beside this one, for what an operator does to all of them. */
  gateways?: OtherGateways | undefined;
  clock: Clock;
  logger: Logger;
}>;

export type GatewayDeps = Readonly<{
  config: GatewayConfig;
  /** Reads the configuration again, for `reload`; throws AppError `config_invalid`. */
  loadConfig: () => GatewayConfig | Promise<GatewayConfig>;
  registry: Registry;
  verifier: TokenVerifier;
  /** Without it no API key is any good. */
  apiKeys?: ApiKeys | undefined;
  /** Whether a caller's session was ended: asked now and then for whoever holds a connection open. */
  isRevoked?: ((principal: Principal) => boolean) | undefined;
  client: ServiceClient;
  clock: Clock;
  ids: Readonly<{ next(): string }>;
  random: () => number;
  logger: Logger;
  /** Where the spans of sampled traces go; without it there are none. */
  tracing?: Tracing | undefined;
  rateLimitFactor: number;
  /** Counts together with other gateways; without it this one counts for itself. Not closed here. */
  limiter?: Limiter | undefined;
  /** Where answers are kept together with other gateways; without it in memory. Opened for the first route that keeps any. */
  openStore?: ((maxBytes: () => number) => CacheStore) | undefined;
  trustedProxies: readonly string[];
  /** Shown to operators, secrets masked. */
  environment?: Readonly<Record<string, unknown>> | undefined;
  gateways?: OtherGateways | undefined;
  /** Takes what no route takes; without it that is 404. */
  createFallback?: ((parts: FallbackParts) => Fallback) | undefined;
}>;

export type Gateway = Readonly<{
  /** The data path: for a server's `request` and (`expectsContinue`) `checkContinue`. */
  handle: FrontDoor;
  /** For a server's `upgrade` and `shouldUpgradeCallback`. */
  upgrades: UpgradeDoor;
  inspection: GatewayInspection;
  /** From now on every answer is the last of its connection. */
  drain(): void;
  /** Breaks off what is under way, and lets go of connections and watches. */
  close(): Promise<void>;
}>;

/** Decides who talks to whom. Pure wiring: it opens nothing, so a test may call it with fakes. */
export const createGateway = (deps: GatewayDeps): Gateway => {
  const { clock, logger, rateLimitFactor: factor, registry, verifier } = deps;
  const accessLogger = withoutRedaction(logger);
  const accessLine = createLineLogger(accessLogger, 'request');
  let draining = false;

  const limiter = deps.limiter ?? createMemoryLimiter({ clock });
  const metrics = createGatewayMetrics({ services: () => routes.services(), limiter: limiter.report });
  if (deps.tracing !== undefined) addTracingMetrics(metrics.registry, deps.tracing.report);
  const addressLimit = createAddressLimit({
    ...addressFigures(deps.config, factor),
    limiter,
    onRefusal: metrics.limited,
  });
  const upgrades = createUpgrades({
    ...{ clock, isDraining: () => draining, limits: () => routes.config().upgrades },
    ...{ metrics: metrics.registry, onRefusal: metrics.limited, logger: accessLogger },
    isRevoked: deps.isRevoked ?? (() => false),
  });
  const maxBytes = (): number => routes.config().defaults.cache.maxBytes;
  const answers = createRouteAnswers({
    ...{ clock, metrics: metrics.registry },
    openStore: () => deps.openStore?.(maxBytes) ?? createMemoryStore({ clock, maxBytes }),
  });
  const routes = createLiveRoutes({
    ...deps,
    answers,
    upgrades,
    addressLimit,
    metrics,
    onBreakerChange: (service, state) => logger.warn({ service, state }, 'breaker changed'),
    onReplaced: (config) => addressLimit.configure(addressFigures(config, factor)),
  });
  const inspection = createInspection({ ...deps, routes, limiter, metrics });
  const fallback = deps.createFallback?.({ ...deps, inspection, registry, verifier });

  const handle = createFrontDoor({
    ids: deps.ids,
    traceIds: createTraceIds(),
    tracing: deps.tracing,
    sampleRatio: () => routes.config().defaults.trace.sample,
    random: deps.random,
    findClient: createFindClient(deps.trustedProxies),
    addressLimit,
    table: routes.table,
    fallback: () => fallback,
    isDraining: () => draining,
    clock,
    onInternal: ({ requestId }, error) => logger.error({ requestId, err: error }, 'unexpected error'),
    onEnd: (exchange) => record(exchange),
  });

  const record = (exchange: Exchange): void => {
    if (!exchange.response.writableFinished) exchange.errorCode ??= 'client_gone';
    const endedAtMs = clock.monotonic();
    metrics.record(exchange, endedAtMs);
    logAccess(accessLine, exchange, endedAtMs - exchange.startedAtMs);
    endRequestSpan(exchange);
  };

  return {
    handle,
    upgrades: createUpgradeDoor({
      handle,
      isUpgradable: createIsUpgradable(routes.table),
      endOpen: upgrades.endAll,
    }),
    inspection,
    drain: () => {
      draining = true;
    },
    close: async () => {
      await upgrades.close();
      await routes.close();
      answers.close();
    },
  };
};

const addressFigures = ({ addressLimit }: GatewayConfig, factor: number): AddressFigures => {
  const { requests, failedCredentials, window: windowMs } = addressLimit;
  return {
    requests: scaleLimit({ limit: requests, windowMs }, factor),
    failedCredentials: scaleLimit({ limit: failedCredentials, windowMs }, factor),
  };
};
