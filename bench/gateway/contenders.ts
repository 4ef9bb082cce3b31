import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gatewayEnvironment } from '@gatehouse/gateway';
import { gatewayNodeFlags } from '@gatehouse/gateway/node-flags';
import { proxyConfiguration } from './nginx-configuration.ts';
import { freePort, type StartedProcess, startProcess } from './processes.ts';
import { gatewayCpu, type Site, startNginx } from './site.ts';

export type Contender = Readonly<{
  name: string;
  /** What it does beside forwarding. */
  doing: string;
  /** Whether it checks tokens. */
  authenticates: boolean;
  /** Whether it counts in Redis, whose CPU is then told apart. */
  usesRedis: boolean;
  isNode: boolean;
  /** The files that grow with every request. */
  logs(site: Site): readonly string[];
  start(site: Site, nodeArgs?: readonly string[]): Promise<StartedProcess>;
}>;

const nginx = (name: string, policies: 'none' | 'limit-and-log', doing: string): Contender => ({
  ...{ name, doing, authenticates: false, usesRedis: false, isNode: false },
  logs: ({ folder }) => (policies === 'none' ? [] : [join(folder, name, 'access.log')]),
  start: async ({ tools, folder, upstream }) => {
    const port = await freePort();
    return startNginx(
      { name, cpu: gatewayCpu },
      tools.nginx,
      (place) => {
        const text = proxyConfiguration({ folder: place, port, upstreamPort: upstream.port }, policies);
        return { port, text };
      },
      folder,
    );
  },
});

type NodeContender = Pick<Contender, 'name' | 'doing'> &
  Partial<Pick<Contender, 'authenticates' | 'usesRedis'>> &
  Readonly<{ file: string; nodeFlags?: readonly string[]; env?: Readonly<Record<string, string>> }>;

const node = (contender: NodeContender): Contender => {
  const { name, doing, file, nodeFlags = [], authenticates = false, usesRedis = false, env = {} } = contender;
  const outputOf = (site: Site): string => join(site.folder, name, 'output.log');
  return {
    ...{ name, doing, authenticates, usesRedis, isNode: true },
    logs: (site) => [outputOf(site)],
    start: (site, nodeArgs = []) => {
      mkdirSync(join(site.folder, name), { recursive: true });
      const script = fileURLToPath(new URL(`contenders/${file}`, import.meta.url));
      return startProcess({
        ...{ name, cpu: gatewayCpu, command: process.execPath, args: [...nodeFlags, ...nodeArgs, script] },
        outputFile: outputOf(site),
        env: {
          UPSTREAM_PORT: String(site.upstream.port),
          USERS_PORT: String(site.usersPort),
          ...{ HOST: '127.0.0.1', PORT: '0', OPERATIONS_PORT: '0', GATEWAY_CONFIG: site.configFile },
          ...env,
          ...(usesRedis ? { REDIS_URL: `redis://127.0.0.1:${site.redis?.port}` } : {}),
        },
      });
    },
  };
};

const all = 'JWT, 100 routes, limits, breaker, retries, metrics, traces of 1%, access log';

/** Our gateway, as it is started everywhere. */
const gatehouse = (contender: Omit<NodeContender, 'file'>): Contender =>
  node({ ...contender, file: 'gatehouse.ts', nodeFlags: gatewayNodeFlags, authenticates: true });

/** Our gateway under other circumstances. */
export const gatehouseWith = (name: string, env: Readonly<Record<string, string>>): Contender =>
  gatehouse({ name, env, doing: all });

/** In the order in which a round measures them. The first is the base of the ratios. */
export const contenders: readonly Contender[] = [
  nginx('nginx', 'none', 'nothing'),
  nginx('nginx-policies', 'limit-and-log', 'limit_req, access log'),
  gatehouse({ name: 'gatehouse', doing: all }),
  gatehouse({ name: 'gatehouse-redis', doing: `${all}; counts in Redis`, usesRedis: true }),
  node({ name: 'fast-gateway', file: 'fast-gateway.ts', doing: 'nothing' }),
  node({ name: 'fastify-http-proxy', file: 'fastify-http-proxy.ts', doing: 'nothing' }),
  node({ name: 'express-hpm', file: 'express-proxy.ts', doing: 'nothing' }),
  node({
    ...{ name: 'express-hpm-policies', file: 'express-proxy-policies.ts' },
    ...{ doing: 'JWT (jose), 100 routes, limits, opossum, prom-client, pino', authenticates: true },
  }),
];

/** Why a contender cannot run here; undefined if it can. */
export const cannotRun = ({ usesRedis }: Contender, { redis }: Pick<Site, 'redis'>): string | undefined => {
  if (!usesRedis) return undefined;
  if (!('REDIS_URL' in gatewayEnvironment.shape)) return 'this gateway has no REDIS_URL';
  return redis === undefined
    ? 'redis-server is not installed (sudo apt-get install -y redis-server)'
    : undefined;
};
