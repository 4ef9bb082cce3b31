import { startEmbeddedPostgres } from '@gatehouse/database/embedded';
import { startConsul, startPostgres, startRabbitMq, startRedis } from '@gatehouse/testing/servers';
import { type GivenAddresses, type ServiceName, serviceNames } from './config.ts';

export type ServerAddresses = Readonly<{
  databases: Readonly<Record<ServiceName, string>>;
  rabbitMq: string;
  consul: string;
  redis: string;
  /** Names of those that were started here: their data go with them. */
  started: readonly string[];
}>;

export type OpenServers = ServerAddresses & Readonly<{ close(): Promise<void> }>;

/** Two instances of each service, each with its pool and its own connections. */
const postgresSettings = { max_connections: '150' };

/** The servers that were given, and a private one for each that was not, with a database and a role for each service. */
export const openServers = async (given: GivenAddresses): Promise<OpenServers> => {
  await using opened = new AsyncDisposableStack();
  const started: string[] = [];
  const openOne = async <T extends Readonly<{ name: string; dispose(): Promise<void> }>>(
    start: () => Promise<T>,
  ): Promise<T> => {
    const server = await start();
    opened.defer(() => server.dispose());
    started.push(server.name);
    return server;
  };

  const missing = serviceNames.filter((service) => given.databases[service] === undefined);
  const openPostgres = async (): Promise<(service: ServiceName) => string> => {
    if (missing.length === 0) return (service) => given.databases[service] as string;
    const options = { launch: startEmbeddedPostgres, databases: missing, settings: postgresSettings };
    const postgres = await openOne(() => startPostgres(options));
    return (service) => given.databases[service] ?? postgres.databaseUrl(service);
  };
  const opening = [
    openPostgres(),
    given.rabbitMq ?? openOne(startRabbitMq).then(({ url }) => url),
    given.consul ?? openOne(startConsul).then(({ url }) => url),
    given.redis ?? openOne(startRedis).then(({ url }) => url),
  ] as const;
  // All of them have settled before a failure closes any: none is left behind.
  await Promise.allSettled(opening);
  const [databaseOf, rabbitMq, consul, redis] = await Promise.all(opening);

  const closing = opened.move();
  return {
    databases: { users: databaseOf('users'), posts: databaseOf('posts'), orders: databaseOf('orders') },
    ...{ rabbitMq, consul, redis, started },
    close: () => closing.disposeAsync(),
  };
};
