import { createServiceTokens } from '@gatehouse/auth';
import { randomIds } from '@gatehouse/contracts';
import { createRabbitMqTransport } from '@gatehouse/messaging';
import { systemClock } from '@gatehouse/resilience';
import {
  createLogger,
  explainFailure,
  loadTracing,
  openConsulRegistry,
  parseEnvironment,
  runUntilSignal,
  type Variables,
} from '@gatehouse/service-kit';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { createAdminApp } from './admin/admin-app.ts';
import { gatewayServersEnvironment } from './config/servers-environment.ts';
import { type GatewaySettings, gatewayEnvironment, parseGatewaySettings } from './config/settings.ts';
import { type RunningGateway, startGateway } from './start-gateway.ts';
import { version } from './version.ts';

/** Beside what requests under way may take. */
const stopMarginMs = 2_000;

/**
 * The gateway as a process of its own, on Consul: reads the environment, starts, waits for Ctrl-C or SIGTERM, drains. Answers
 * the exit code: 0 after an orderly end, 1 when it could not start or not end in time.
 */
export const runGateway = async (variables: Variables, complain: (text: string) => void): Promise<number> => {
  try {
    const [servers] = parseEnvironment(variables, gatewayServersEnvironment, gatewayEnvironment);
    const settings = parseGatewaySettings(variables);
    const logger = createLogger({ name: 'gatehouse', level: servers.LOG_LEVEL }).child({
      service: 'gateway',
    });
    return await runUntilSignal({
      start: () => startOnServers(servers, settings, logger),
      stopLimitMs: settings.drainDelayMs + settings.shutdownLimitMs + stopMarginMs,
      onStopping: () => logger.info('gateway stopping'),
    });
  } catch (error) {
    complain(`The gateway could not start. ${explainFailure(error)}`);
    return 1;
  }
};

const startOnServers = async (
  servers: z.output<typeof gatewayServersEnvironment>,
  settings: GatewaySettings,
  logger: Logger,
): Promise<Pick<RunningGateway, 'stop'>> => {
  await using opened = new AsyncDisposableStack();
  const registry = await openConsulRegistry(servers, { name: 'gateway', logger });
  opened.defer(() => registry.close());
  const { RABBITMQ_URL: url } = servers;
  const transport =
    url === undefined
      ? undefined
      : await createRabbitMqTransport({ url, clock: systemClock, logger, name: 'gateway' });
  if (transport) opened.defer(() => transport.close());

  const openTracing = await loadTracing({
    endpoint: servers.OTEL_EXPORTER_OTLP_ENDPOINT,
    onFailure: (err) => logger.warn({ err }, 'spans could not be sent'),
  });
  const serviceTokens = createServiceTokens({ secret: servers.SERVICE_TOKEN_SECRET, clock: systemClock });
  const gateway = await startGateway({
    ...{ settings, registry, logger, openTracing },
    ...(transport === undefined ? {} : { transport }),
    serviceTokens,
    fleet: {
      id: `gateway-${randomIds.next()}`,
      version,
      advertise: servers.ADVERTISE_ADDRESS,
      verify: serviceTokens.verify,
    },
    environment: servers,
    clock: systemClock,
    ids: randomIds,
    createFallback: (parts) => createAdminApp(parts, { version, ids: randomIds }),
  });
  opened.defer(() => gateway.stop());
  const { address, port, operationsPort } = gateway;
  const waitsFor = gateway.notReadyBecause();
  logger.info(
    { address, port, operationsPort, version, waitsFor },
    waitsFor === undefined ? 'gateway ready' : 'gateway started, and not ready yet',
  );
  const closing = opened.move();
  return { stop: () => closing.disposeAsync() };
};
