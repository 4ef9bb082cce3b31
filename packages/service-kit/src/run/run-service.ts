import { createServiceTokens } from '@gatehouse/auth';
import { randomIds } from '@gatehouse/contracts';
import { createRabbitMqTransport } from '@gatehouse/messaging';
import { systemClock } from '@gatehouse/resilience';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { createLogger } from '../logger.ts';
import type { RunningService, ServiceDefinition } from '../service.ts';
import { startService } from '../start-service.ts';
import { loadTracing } from '../tracing/load-tracing.ts';
import { findAdvertisedAddress } from './advertised-address.ts';
import { openConsulRegistry } from './open-consul-registry.ts';
import { parseEnvironment, type Variables } from './parse-environment.ts';
import { explainFailure, runUntilSignal } from './run-until-signal.ts';
import { databaseEnvironment, databaseVariable, serviceEnvironment } from './service-environment.ts';

export type RunOptions = Readonly<{
  /** `process.env`, read nowhere but in main.ts. */
  variables: Variables;
  /** What this service reads beside the variables of every service, made into its settings. */
  ownEnvironment?: z.ZodType;
  complain?: (text: string) => void;
}>;

/** In all, also where something hangs. */
const stopLimitMs = 10_000;

/**
 * A service as a process of its own, on Consul, RabbitMQ and PostgreSQL: reads the environment, starts, waits for Ctrl-C or
 * SIGTERM, drains. Answers the exit code: 0 after an orderly end, 1 when it could not start or not drain within 10 s.
 *
 * @example
 * process.exit(await runService(postsService, { variables: process.env }));
 */
export const runService = async <S, C>(
  definition: ServiceDefinition<S, C>,
  { variables, ownEnvironment, complain = (text) => process.stderr.write(`${text}\n`) }: RunOptions,
): Promise<number> => {
  const { name } = definition;
  try {
    const [common, database, settings] = parseEnvironment(
      variables,
      serviceEnvironment,
      databaseEnvironment(name),
      ...(ownEnvironment === undefined ? [] : [ownEnvironment]),
    );
    const logger = createLogger({ name: 'gatehouse', level: common.LOG_LEVEL });
    const environment = { ...common, databaseUrl: database[databaseVariable(name)] as string, settings };
    return await runUntilSignal({
      start: (stopping) => startOnServers(definition, environment, { logger, stopping }),
      stopLimitMs,
      onStopping: () => logger.info({ service: name }, 'service stopping'),
    });
  } catch (error) {
    complain(`${name} could not start. ${explainFailure(error)}`);
    return 1;
  }
};

type Environment = z.output<typeof serviceEnvironment> & Readonly<{ databaseUrl: string; settings: unknown }>;

const startOnServers = async <S, C>(
  definition: ServiceDefinition<S, C>,
  environment: Environment,
  { logger, stopping }: Readonly<{ logger: Logger; stopping: AbortSignal }>,
): Promise<RunningService> => {
  await using opened = new AsyncDisposableStack();
  const advertise = findAdvertisedAddress(environment.HOST, environment.ADVERTISE_ADDRESS);
  const registry = await openConsulRegistry(environment, { name: definition.name, logger });
  opened.defer(() => registry.close());
  const transport = await createRabbitMqTransport({
    url: environment.RABBITMQ_URL,
    clock: systemClock,
    logger,
  });
  opened.defer(() => transport.close());

  const openTracing = await loadTracing({
    endpoint: environment.OTEL_EXPORTER_OTLP_ENDPOINT,
    onFailure: (err) => logger.warn({ err }, 'spans could not be sent'),
  });
  const service = await startService(definition, {
    ...{ registry, transport, logger, stopping, advertise, openTracing },
    databaseUrl: environment.databaseUrl,
    serviceTokens: createServiceTokens({ secret: environment.SERVICE_TOKEN_SECRET, clock: systemClock }),
    clock: systemClock,
    ids: randomIds,
    host: environment.HOST,
    port: environment.PORT,
    settings: environment.settings,
  });
  opened.defer(() => service.stop());
  const closing = opened.move();
  return { ...service, stop: () => closing.disposeAsync() };
};
