import { join } from 'node:path';
import { createServiceTokens } from '@gatehouse/auth';
import { randomIds } from '@gatehouse/contracts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@gatehouse/database/embedded';
import { createAdminApp, startGateway } from '@gatehouse/gateway';
import { ordersService } from '@gatehouse/orders';
import { postsService } from '@gatehouse/posts';
import { systemClock } from '@gatehouse/resilience';
import { loadTracing, type RunningService, type ServiceParts, startService } from '@gatehouse/service-kit';
import { usersService } from '@gatehouse/users';
import type { Logger } from 'pino';
import type { EmbeddedConfig } from './config.ts';
import { openRegistry, openTransport } from './open-parts.ts';
import { openSecrets } from './secrets.ts';
import { version } from './version.ts';

export type RunningGatehouse = Readonly<{
  gateway: Readonly<{ port: number; operationsPort: number }>;
  services: readonly RunningService[];
  postgres: EmbeddedPostgres | undefined;
  /** Set at the very first start alone, and only when no password was given. */
  newAdministratorPassword: string | undefined;
  /** Gateway first, database last; everything in flight is finished or handed on. */
  stop(): Promise<void>;
}>;

/**
 * The whole product in this process: the parts that production runs as servers (registry, event transport) in process, a real
 * PostgreSQL beside it, every service behind real HTTP on a loopback port of its own, and the gateway in front.
 */
export const startGatehouse = async (config: EmbeddedConfig, logger: Logger): Promise<RunningGatehouse> => {
  await using opened = new AsyncDisposableStack();
  const { secrets, madeNow } = await openSecrets(config.dataDir);

  const postgres = await openPostgres(config, logger);
  if (postgres) opened.defer(() => postgres.stop('fast'));
  const registry = await openRegistry(config, logger);
  opened.defer(() => registry.close());
  const { transport, open } = await openTransport(config, logger);
  opened.defer(() => transport.close());

  const openTracing = await loadTracing({
    endpoint: config.otlpEndpoint,
    onFailure: (err) => logger.warn({ err }, 'spans could not be sent'),
  });

  const common = {
    registry,
    transport,
    openTracing,
    serviceTokens: createServiceTokens({ secret: secrets.serviceTokenSecret, clock: systemClock }),
    clock: systemClock,
    ids: randomIds,
  };
  const partsOf = (service: ServiceName): ServiceParts => ({
    ...common,
    databaseUrl: config.databaseUrls[service] ?? (postgres as EmbeddedPostgres).url(service),
    logger,
  });
  const password = config.administrator.password ?? secrets.administratorPassword;
  const settings = {
    publicUrl: config.publicUrl,
    administrator: { email: config.administrator.email, password },
  };

  try {
    // Side by side: posts and orders wait for the keys and revocations of users before they are ready.
    const services = await startAll(opened, [
      () => startService(usersService, { ...partsOf('users'), settings }),
      () => startService(postsService, partsOf('posts')),
      () => startService(ordersService, partsOf('orders')),
    ]);
    const gateway = await startGateway({
      ...common,
      settings: {
        host: config.host ?? '0.0.0.0',
        port: config.port,
        operationsHost: '127.0.0.1',
        operationsPort: config.operationsPort,
        configFile: config.gatewayConfig,
        rateLimitFactor: config.rateLimitFactor,
        trustedProxies: config.trustedProxies,
        redisUrl: config.redisUrl,
        drainDelayMs: 0,
        shutdownLimitMs: 8_000,
      },
      logger: logger.child({ service: 'gateway' }),
      createFallback: (parts) => createAdminApp(parts, { version, ids: randomIds }),
    });
    opened.defer(() => gateway.stop());
    open();

    const closing = opened.move();
    return {
      gateway,
      services,
      postgres,
      newAdministratorPassword: madeNow && config.administrator.password === undefined ? password : undefined,
      stop: () => closing.disposeAsync(),
    };
  } catch (error) {
    // Relays that still hold events back end at once. Opening instead would pass those events by whoever did not start.
    await transport.close();
    throw error;
  }
};

const serviceNames = ['users', 'posts', 'orders'] as const;
type ServiceName = (typeof serviceNames)[number];

const openPostgres = async (
  config: EmbeddedConfig,
  logger: Logger,
): Promise<EmbeddedPostgres | undefined> => {
  const databases = serviceNames.filter((service) => config.databaseUrls[service] === undefined);
  if (databases.length === 0) return undefined;
  return startEmbeddedPostgres({
    dataDir: join(config.dataDir, 'postgres'),
    databases,
    onNotice: (notice) => logger.info({ notice }, 'postgres'),
  });
};

/** Starts all at once; when one fails, those that did start are stopped before the failure is told. */
const startAll = async (
  opened: AsyncDisposableStack,
  starts: readonly (() => Promise<RunningService>)[],
): Promise<readonly RunningService[]> => {
  const results = await Promise.allSettled(starts.map((start) => start()));
  const running = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  opened.defer(async () => {
    await Promise.all(running.map((service) => service.stop()));
  });
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return running;
};
