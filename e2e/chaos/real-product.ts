import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
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
import { freePort } from '../src/free-port.ts';
import { administrator } from '../src/product.ts';

const root = dirname(dirname(import.meta.dirname));

/** The product as separate processes on servers that the experiment holds in its hands. */
export type RealProduct = Readonly<{
  gateways: readonly string[];
  servers: Readonly<{ rabbitmq: RabbitMq; consul: RealServer; redis: RealServer; postgres: Postgres }>;
  /** Process id of `posts-1`, `gateway-2` …, of now. */
  pidOf(instance: string): Promise<number>;
  /** Everything that the start has reported: deaths and restarts of its processes. */
  output(): string;
  dispose(): Promise<void>;
}>;

export const instanceNames = ['users-1', 'users-2', 'posts-1', 'posts-2', 'orders-1', 'orders-2'] as const;

export const startRealProduct = async (): Promise<RealProduct> => {
  await using opened = new AsyncDisposableStack();
  const own = async <T extends { dispose(): Promise<void> }>(server: T): Promise<T> => {
    opened.defer(() => server.dispose());
    return server;
  };
  const databases = ['users', 'posts', 'orders'];
  const settings = { max_connections: '150' };
  const servers = {
    rabbitmq: await own(await startRabbitMq()),
    consul: await own(await startConsul()),
    redis: await own(await startRedis()),
    postgres: await own(await startPostgres({ launch: startEmbeddedPostgres, databases, settings })),
  };
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-chaos-'));
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));

  const ports = [await freePort(), await freePort()];
  const operations = [await freePort(), await freePort()];
  let output = '';
  const child = spawn(process.execPath, [join(root, 'infra/servers/src/main.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      GATEWAY_PORTS: ports.join(','),
      OPERATIONS_PORTS: operations.join(','),
      DATA_DIR: dataDir,
      ADMIN_EMAIL: administrator.email,
      ADMIN_PASSWORD: administrator.password,
      RATE_LIMIT_FACTOR: '1000',
      RABBITMQ_URL: servers.rabbitmq.url,
      CONSUL_HTTP_ADDR: servers.consul.url,
      REDIS_URL: servers.redis.url,
      USERS_DATABASE_URL: servers.postgres.databaseUrl('users'),
      POSTS_DATABASE_URL: servers.postgres.databaseUrl('posts'),
      ORDERS_DATABASE_URL: servers.postgres.databaseUrl('orders'),
    },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-200_000);
    });
  }
  opened.defer(() => end(child));
  await waitUntilReady(child, operations, () => output);

  const closing = opened.move();
  return {
    gateways: ports.map((port) => `http://127.0.0.1:${port}`),
    servers,
    pidOf: async (instance) => Number(await readFile(join(dataDir, 'instances', instance, 'pid'), 'utf8')),
    output: () => output,
    dispose: () => closing.disposeAsync(),
  };
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
};

const waitUntilReady = async (
  child: ChildProcess,
  operations: readonly number[],
  output: () => string,
): Promise<void> => {
  const giveUpAt = Date.now() + 90_000;
  while (Date.now() < giveUpAt) {
    if (child.exitCode !== null) throw new Error(`The product ended with ${child.exitCode}:\n${output()}`);
    if (output().includes('Ctrl-C drains')) return;
    await delay(100);
  }
  throw new Error(`Not ready within 90 s (${operations.join(', ')}):\n${output()}`);
};
