import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureLogger } from '@gatehouse/testing';
import {
  type RealServer,
  realServer,
  startConsul,
  startRabbitMq,
  startRedis,
} from '@gatehouse/testing/servers';
import { expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { startGatehouse } from './start.ts';

type Given = Readonly<{
  name: 'rabbitmq' | 'consul' | 'redis';
  variable: string;
  /** One of its own: what the product leaves there is nobody else's. */
  start: () => Promise<RealServer>;
  /** Whether the product has left something on it. */
  isUsed: (server: RealServer, log: string) => Promise<boolean>;
}>;

const askConsul = async ({ url }: RealServer): Promise<boolean> => {
  const services = await (await fetch(`${url}/v1/catalog/services`)).json();
  return ['users', 'posts', 'orders'].every((name) => name in (services as object));
};

const countRedisKeys = async ({ port }: RealServer): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1').end('DBSIZE\r\n');
  const [answer] = await once(socket, 'data');
  return /^:[1-9]/.test(String(answer));
};

const root = join(import.meta.dirname, '../../..');
const given: readonly Given[] = [
  {
    name: 'rabbitmq',
    variable: 'RABBITMQ_URL',
    start: startRabbitMq,
    isUsed: async (_, log) => /connected to RabbitMQ/.test(log),
  },
  { name: 'consul', variable: 'CONSUL_HTTP_ADDR', start: startConsul, isUsed: askConsul },
  { name: 'redis', variable: 'REDIS_URL', start: startRedis, isUsed: countRedisKeys },
];

for (const { name, variable, start, isUsed } of given) {
  realServer(name).describe(`the product in one process with ${variable} alone`, () => {
    it('runs on that server, and on its own parts for the rest', async () => {
      await using opened = new AsyncDisposableStack();
      const server = await start();
      opened.defer(() => server.dispose());
      const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-given-'));
      await chmod(dataDir, 0o755);
      opened.defer(() => rm(dataDir, { recursive: true, force: true }));
      const logger = captureLogger();
      const config = {
        ...parseConfig({ DATA_DIR: dataDir, HOST: '127.0.0.1', [variable]: server.url }, root),
        port: 0,
        operationsPort: 0,
      };

      const product = await startGatehouse(config, logger);
      opened.defer(() => product.stop());
      const url = `http://127.0.0.1:${product.gateway.port}`;

      expect((await fetch(`${url}/api/posts`)).status).toBe(200);
      expect((await fetch(`${url}/api/users/me`)).status).toBe(401);
      expect((await fetch(`http://127.0.0.1:${product.gateway.operationsPort}/readyz`)).status).toBe(200);
      expect(await isUsed(server, JSON.stringify(logger.lines))).toBe(true);
    });
  });
}
