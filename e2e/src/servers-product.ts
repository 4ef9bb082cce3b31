import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@gatehouse/database/embedded';
import {
  type Postgres,
  type RabbitMq,
  type RealServer,
  startConsul,
  startPostgres,
  startRabbitMq,
  startRedis,
} from '@gatehouse/testing/servers';
import { freePort } from './free-port.ts';
import type { Product, ProductSettings } from './product.ts';
import { createStartScript } from './start-script.ts';
import { startTurns } from './turns.ts';

export type ProductOnServers = Product &
  Readonly<{
    servers: Readonly<{ rabbitMq: RabbitMq; consul: RealServer; redis: RealServer; postgres: Postgres }>;
    /** Operations port of each gateway. */
    operationsUrls: readonly string[];
    /** The process of `posts-1`, `gateway-2` … at this moment. */
    pidOf(instance: string): Promise<number>;
    /** Warnings and errors of all processes, the last ones. */
    warnings(): Promise<string>;
  }>;

/**
 * `npm run start:servers` on servers of this test's own, which outlive every end of the product. `url` is a balancer that
 * gives each request to the other gateway than the one before. `databasesWithin`: a folder for PostgreSQL, on a disk of its own.
 */
export const startOnServers = async (
  settings: ProductSettings,
  { databasesWithin }: Readonly<{ databasesWithin?: string | undefined }> = {},
): Promise<ProductOnServers> => {
  await using opened = new AsyncDisposableStack();
  const own = async <T extends { dispose(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    opened.defer(() => server.dispose());
    return server;
  };
  const databases = ['users', 'posts', 'orders'];
  const limits = { max_connections: '150' };
  const postgres = await own(
    startPostgres({
      ...{ launch: startEmbeddedPostgres, databases, settings: limits },
      ...(databasesWithin === undefined ? {} : { within: databasesWithin }),
    }),
  );
  const rabbitMq = await own(startRabbitMq());
  const consul = await own(startConsul());
  const redis = await own(startRedis());
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-e2e-'));
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));

  const ports = [await freePort(), await freePort()];
  const operations = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}`);
  const balancer = await startTurns(ports);
  opened.defer(balancer.close);
  const script = createStartScript({
    entry: 'infra/servers/src/main.ts',
    env: {
      GATEWAY_PORTS: ports.join(','),
      OPERATIONS_PORTS: operations.map((url) => new URL(url).port).join(','),
      PUBLIC_URL: `http://localhost:${balancer.port}`,
      DATA_DIR: dataDir,
      USERS_DATABASE_URL: postgres.databaseUrl('users'),
      POSTS_DATABASE_URL: postgres.databaseUrl('posts'),
      ORDERS_DATABASE_URL: postgres.databaseUrl('orders'),
      RABBITMQ_URL: rabbitMq.url,
      CONSUL_HTTP_ADDR: consul.url,
      REDIS_URL: redis.url,
      ...settings,
    },
    readyUrls: operations.map((url) => `${url}/readyz`),
    saysWhenReady: 'as separate processes',
    limitMs: 120_000,
    diagnose: () => lastLinesOfLog(dataDir),
  });
  opened.defer(async () => void (await script.end('SIGTERM')));
  await script.start();

  const closing = opened.move();
  return {
    url: `http://127.0.0.1:${balancer.port}`,
    gateways: ports.map((port) => `http://127.0.0.1:${port}`),
    servers: { rabbitMq, consul, redis, postgres },
    pidOf: (instance) => readPid(dataDir, instance),
    warnings: () => lastLinesOfLog(dataDir),
    operationsUrl: operations[0] as string,
    operationsUrls: operations,
    dataDir,
    output: script.output,
    end: async (signal = 'SIGTERM') => {
      const pids = signal === 'SIGTERM' ? [] : await listProcesses(dataDir);
      const ended = script.end(signal);
      // Without the one that started them they would drain; a machine that loses power gives nobody the time.
      for (const pid of pids) signalOne(pid, signal);
      return ended;
    },
    restart: script.start,
    dispose: () => closing.disposeAsync(),
  };
};

const readPid = async (dataDir: string, instance: string): Promise<number> =>
  Number(await readFile(join(dataDir, 'instances', instance, 'pid'), 'utf8'));

const listProcesses = async (dataDir: string): Promise<readonly number[]> => {
  const names = await readdir(join(dataDir, 'instances'));
  return Promise.all(names.map((name) => readPid(dataDir, name)));
};

/** What went wrong last, and what the start said: enough to see which process was not ready, and why. */
const lastLinesOfLog = async (dataDir: string): Promise<string> => {
  const folder = join(dataDir, 'logs');
  const files = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
  );
  const lines = files.join('').split('\n');
  return lines
    .filter((line) => line.startsWith('start') || /"level":"(warn|error|fatal)"/.test(line))
    .map((line) => line.slice(0, 400))
    .slice(-80)
    .join('\n');
};

const signalOne = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
