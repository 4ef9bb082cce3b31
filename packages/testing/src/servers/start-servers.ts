import { isAppError } from '@gatehouse/errors';
import { runConsul } from './consul.ts';
import { containConsul, containRabbitMq, containRedis } from './containers.ts';
import { hasDocker } from './docker.ts';
import { findFreePorts, type Ports } from './ports.ts';
import { findProgram, type InstalledServer } from './programs.ts';
import { type RabbitMq, runRabbitMq } from './rabbitmq.ts';
import type { RealServer, ServerOptions } from './real-server.ts';
import { runRedis } from './redis.ts';
import { serverError } from './server-errors.ts';

/** @throws AppError `server_missing` (the message says how to install it), `server_start_failed` */
export const startRabbitMq = async (options: ServerOptions = {}): Promise<RabbitMq> => {
  const program = await requireProgram('rabbitmq');
  return onFreePorts(options, (ports) =>
    program === undefined ? containRabbitMq(ports[0]) : runRabbitMq(program, ports),
  );
};

/** @throws AppError `server_missing` (the message says how to install it), `server_start_failed` */
export const startConsul = async (options: ServerOptions = {}): Promise<RealServer> => {
  const program = await requireProgram('consul');
  return onFreePorts(options, (ports) =>
    program === undefined ? containConsul(ports[0]) : runConsul(program, ports),
  );
};

/** @throws AppError `server_missing` (the message says how to install it), `server_start_failed` */
export const startRedis = async (options: ServerOptions = {}): Promise<RealServer> => {
  const program = await requireProgram('redis');
  return onFreePorts(options, ([port]) =>
    program === undefined ? containRedis(port) : runRedis(program, port),
  );
};

/** Undefined where a container is used instead. */
const requireProgram = async (name: InstalledServer): Promise<string | undefined> => {
  const program = await findProgram(name);
  if (program !== undefined || (await hasDocker())) return program;
  const message = `${name} is not installed: run \`npm run servers:install\`.`;
  throw serverError('server_missing', { message });
};

const attempts = 3;

/** Somebody may take a port between its being found free and its use; then others are tried. */
const onFreePorts = async <T>(options: ServerOptions, start: (ports: Ports) => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    const [main, second, third] = await findFreePorts();
    try {
      return await start([options.port ?? main, second, third]);
    } catch (error) {
      const isTaken = isAppError(error) && /eaddrinuse|address already in use/i.test(error.message);
      if (!isTaken || attempt === attempts) throw error;
    }
  }
};
