import { type Closing, createClosing } from './closing.ts';
import type { Phase } from './health.ts';
import { createHttpApp } from './http-app.ts';
import { listenHttp } from './http-server.ts';
import { openService } from './open-service.ts';
import type { RunningService, ServiceDefinition, ServiceParts } from './service.ts';
import { startBeside } from './start-beside.ts';
import { wireService } from './wire-service.ts';

/**
 * Runs a service: migrates, wires, listens (`/readyz` says 503), starts plugins, messaging, projections and what runs beside,
 * reads keys and revocations, becomes ready, registers. Resolves when all of that is done; when a step fails, what was
 * opened is closed again and the error comes out. `stop` says 503 on `/readyz`, then goes the way of `closing.ts`.
 *
 * @example
 * const posts = await startService(postsService, { databaseUrl, registry, transport, serviceTokens, clock, ids, logger });
 * process.once('SIGTERM', () => posts.stop());
 */
export const startService = async <S, C>(
  definition: ServiceDefinition<S, C>,
  parts: ServiceParts,
): Promise<RunningService> => {
  const logger = parts.logger.child({ service: definition.name });
  const closing = createClosing(logger);
  try {
    return await runSteps(definition, { ...parts, logger }, closing);
  } catch (error) {
    await closing.closeAll();
    throw error;
  }
};

const runSteps = async <S, C>(
  definition: ServiceDefinition<S, C>,
  parts: ServiceParts,
  closing: Closing,
): Promise<RunningService> => {
  const { name, version } = definition;
  const { clock, ids, logger, host = '127.0.0.1', port = 0, advertise = host } = parts;
  let phase: Phase = 'starting';

  const instanceId = `${name}-${ids.next()}`;
  const tracing = parts.openTracing?.({ service: name, version, instanceId });
  if (tracing !== undefined) closing.add('tracing', tracing.close);
  const opened = await openService(definition, { ...parts, tracing }, closing);
  const wired = wireService(definition, parts, { ...opened, tracing, instanceId, phase: () => phase });
  const listener = createHttpApp({ ...wired, logger, clock, ids, tracing });
  const server = await listenHttp({ listener, host, port, ids });
  closing.add('http', server.drain);

  const { stopping = new AbortController().signal } = parts;
  await startBeside(wired, opened, { closing, clock, logger, stopping });
  stopping.throwIfAborted();
  phase = 'ready';
  const registration = await parts.registry.register(
    { id: instanceId, service: name, address: advertise, port: server.port, version, tags: [] },
    { path: `/readyz?instance=${instanceId}` },
  );
  closing.add('registration', registration.deregister);
  logger.info({ instanceId, address: advertise, port: server.port, version }, 'service ready');

  return {
    name,
    instanceId,
    address: advertise,
    port: server.port,
    stop: () => {
      phase = 'stopping';
      return closing.closeAll();
    },
  };
};
