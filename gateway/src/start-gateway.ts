import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import type { QueueConsumer, Transport } from '@gatehouse/messaging';
import { createServiceClient, type Registration, type Registry } from '@gatehouse/registry';
import { type Clock, wait } from '@gatehouse/resilience';
import type { OpenTracing } from '@gatehouse/service-kit';
import type { Logger } from 'pino';
import { createGateway, type FallbackParts } from './app.ts';
import { createRedisStore } from './cache/redis-store.ts';
import { loadGatewayConfig, readConfigText } from './config/load-config.ts';
import { parseGatewayConfig } from './config/parse-config.ts';
import type { GatewaySettings } from './config/settings.ts';
import { watchConfigFile } from './config/watch-config-file.ts';
import { createCredentials } from './credentials.ts';
import { createAnswerGateways } from './fleet/answer-gateways.ts';
import { type FleetMembership, joinFleet } from './fleet/join-fleet.ts';
import { createOtherGateways } from './fleet/other-gateways.ts';
import type { Fallback } from './front-door.ts';
import type { GatewayInspection } from './inspection.ts';
import { createRedisLimiter } from './limits/redis-limiter.ts';
import { createOperationsServer } from './operations-server.ts';
import { createPublicServer } from './public-server.ts';
import { createServerDrain } from './server-drain.ts';
import { version } from './version.ts';

export type GatewayParts = Readonly<{
  settings: GatewaySettings;
  registry: Registry;
  /** Proves to services that the gateway's own calls are ours. */
  serviceTokens: Readonly<{ issue(name: string): string | Promise<string> }>;
  /** Says at once that something was revoked. Without it, or while it is away, that is known within 2 s. */
  transport?: Pick<Transport, 'subscribe'>;
  /** Where several gateways share a registry: how the others find this one. Without it there is only this one. */
  fleet?: FleetMembership;
  /** Other settings of the process, shown to operators with secrets masked. */
  environment?: Readonly<Record<string, unknown>>;
  clock: Clock;
  logger: Logger;
  ids?: Readonly<{ next(): string }>;
  random?: () => number;
  /** Opens where the spans of sampled traces go; without it there are none. */
  openTracing?: OpenTracing | undefined;
  createFallback?: (parts: FallbackParts) => Fallback;
}>;

export type RunningGateway = Readonly<{
  address: string;
  port: number;
  operationsPort: number;
  inspection: GatewayInspection;
  /**
   * What it waits for at its start (keys, revocations, up to 10 s the registry's first word on each service) or that it is
   * stopping; undefined: it takes requests. Until keys and revocations were read, whoever shows a token gets 503.
   */
  notReadyBecause(): string | undefined;
  /** Something was revoked (an event says so): the list is read soon. */
  revocationHint(): void;
  /** Not ready any more, drains, ends within `shutdownLimitMs` after `drainDelayMs`. Safe to call twice. */
  stop(): Promise<void>;
}>;

/** How long a start waits for keys and revocations before it leaves that to the background, and for the registry's first word. */
const startLimitMs = 10_000;

/**
 * Opens the public and the operations port. Resolves when the gateway is ready or, if the users service does not
 * answer, after 10 s: it serves what needs no token meanwhile, and `/readyz` says 503.
 *
 * @throws AppError `config_invalid`, or the error of a port that is taken.
 */
export const startGateway = async (parts: GatewayParts): Promise<RunningGateway> => {
  const { settings, registry, clock, logger } = parts;
  const ids = parts.ids ?? { next: randomUUIDv7 };
  const loadConfig = () => loadGatewayConfig(settings.configFile);
  const configText = await readConfigText(settings.configFile);
  const config = parseGatewayConfig(configText, basename(settings.configFile));

  const client = createServiceClient({ registry, tokens: parts.serviceTokens, caller: 'gateway', clock });
  const onError = (err: unknown): void => logger.warn({ err }, 'keys or revocations could not be read');
  const credentials = createCredentials({ client, clock, onError });
  const { redisUrl } = settings;
  const limiter = redisUrl === undefined ? undefined : createRedisLimiter({ url: redisUrl, clock, logger });
  const tracing = parts.openTracing?.({ service: 'gateway', version, instanceId: `gateway-${ids.next()}` });
  const gateway = createGateway({
    ...{ config, loadConfig, registry, client, clock, ids, logger, tracing },
    verifier: credentials.verifier,
    apiKeys: credentials.apiKeys,
    isRevoked: credentials.isRevoked,
    random: parts.random ?? Math.random,
    rateLimitFactor: settings.rateLimitFactor,
    limiter,
    openStore:
      redisUrl === undefined
        ? undefined
        : (maxBytes) => createRedisStore({ url: redisUrl, clock, logger, maxBytes }),
    trustedProxies: settings.trustedProxies,
    environment: { ...settings, ...parts.environment },
    gateways: parts.fleet && createOtherGateways({ id: parts.fleet.id, registry, client, logger }),
    createFallback: parts.createFallback,
  });

  const longestTimeoutMs = (): number =>
    Math.max(...gateway.inspection.routes().map(({ timeoutMs }) => timeoutMs));
  const watching = watchConfigFile({
    ...{ file: settings.configFile, known: configText, clock },
    onChange: () => gateway.inspection.reload('file'),
    onUnreadable: (err) => logger.warn({ err }, 'the configuration cannot be read'),
  });
  let stopping: Promise<void> | undefined;
  let hints: QueueConsumer | undefined;
  let membership: Registration | undefined;
  const publicServer = createPublicServer({
    handle: gateway.handle,
    upgrades: gateway.upgrades,
    ids,
    longestTimeoutMs,
    clock,
  });
  const drain = createServerDrain({
    ...{ server: publicServer, clock, closeUpgraded: gateway.upgrades.closeAll },
  });
  let waitsForRegistryUntilMs = clock.monotonic() + startLimitMs;
  const notReadyBecause = (): string | undefined => {
    if (stopping !== undefined) return 'stopping';
    if (!credentials.ready()) return 'keys and revocations were not read yet';
    // At the start alone, and not for ever: one service that nothing is known of must not take a gateway from all others.
    if (clock.monotonic() >= waitsForRegistryUntilMs) return undefined;
    const unheardOf = gateway.inspection.unheardOf();
    if (unheardOf.length > 0) return `the registry has not said yet who serves ${unheardOf.join(', ')}`;
    waitsForRegistryUntilMs = 0;
    return undefined;
  };
  const operations = createOperationsServer({
    notReadyBecause,
    metrics: gateway.inspection.metrics,
    ...(parts.fleet && {
      instanceId: parts.fleet.id,
      answerGateways: createAnswerGateways({
        ...parts.fleet,
        inspection: gateway.inspection,
        onInternal: (err) => logger.error({ err }, 'an operation for another gateway failed'),
      }),
    }),
  });

  const stop = async (): Promise<void> => {
    gateway.drain();
    drain.begin();
    // A registry that is away finds out by its check: no reason to break off what is under way.
    await membership?.deregister().catch((err) => logger.warn({ err }, 'could not deregister'));
    if (settings.drainDelayMs > 0) await wait(clock, settings.drainDelayMs);
    await drain.close(settings.shutdownLimitMs);
    await watching.close();
    await hints?.close();
    await credentials.stop();
    await gateway.close();
    limiter?.close();
    client.close();
    await tracing?.close();
    await closeAtOnce(operations);
  };

  try {
    await limiter?.started();
    await listen(operations, settings.operationsPort, settings.operationsHost);
    await listen(publicServer, settings.port, settings.host);
  } catch (error) {
    await stop();
    throw error;
  }
  [hints] = await Promise.all([
    parts.transport?.subscribe({
      queue: 'gateway.revocations',
      patterns: ['session.revoked', 'api_key.revoked'],
      perInstance: true,
      store: async () => credentials.hint(),
    }),
    Promise.race([credentials.start(), wait(clock, startLimitMs)]),
  ]);
  // Once it is ready: the registry would hold it for ill until its next look otherwise.
  membership = parts.fleet && (await joinFleet(registry, parts.fleet, operations.address() as AddressInfo));

  const { address, port } = publicServer.address() as AddressInfo;
  const { port: operationsPort } = operations.address() as AddressInfo;
  return {
    address,
    port,
    operationsPort,
    inspection: gateway.inspection,
    notReadyBecause,
    revocationHint: credentials.hint,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
};

const listen = async (server: Server, port: number, host: string): Promise<void> => {
  server.listen(port, host);
  await once(server, 'listening');
};

const closeAtOnce = async (server: Server): Promise<void> => {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
};
