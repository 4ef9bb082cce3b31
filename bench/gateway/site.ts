import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tools } from './find-tools.ts';
import { writeRequests } from './load.ts';
import { upstreamConfiguration } from './nginx-configuration.ts';
import { freePort, type StartedProcess, startProcess } from './processes.ts';
import { gatewayYaml, userCount } from './routes.ts';
import { startUsersStandIn } from './users-stand-in.ts';

/** The gateway alone on one core, everything else on the other. */
export const gatewayCpu = 0;
export const otherCpu = 1;

/** What all contenders share: the upstream, the users, the requests, a folder for everything. */
export type Site = Readonly<{
  tools: Tools;
  folder: string;
  configFile: string;
  upstream: Readonly<{ pid: number; port: number; body: string }>;
  usersPort: number;
  tokens: readonly string[];
  requestsFile: string;
  /** See `LoadPlan`. */
  clients?: number;
  redis: Readonly<{ pid: number; port: number }> | undefined;
}>;

/** One object of 1024 bytes, as a service would answer it. */
const answerBody = (): string => {
  const start = '{"data":{"id":"0198c5a0-7b1e-7c3a-9f00-5d2b8a6e4c11","title":"A post","content":"';
  const end = '"}}';
  return start + 'x'.repeat(1024 - start.length - end.length) + end;
};

/** Starts what all contenders share; whatever started is ended with `opened`. */
export const openSite = async (tools: Tools, opened: AsyncDisposableStack): Promise<Site> => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));
  const configFile = join(folder, 'gateway.yaml');
  writeFileSync(configFile, gatewayYaml());

  const users = await startUsersStandIn(userCount);
  opened.defer(users.close);
  const body = answerBody();
  const port = await freePort();
  const upstream = await startNginx(
    { name: 'upstream', cpu: otherCpu },
    tools.nginx,
    (place) => ({
      port,
      text: upstreamConfiguration({ folder: place, port }, body),
    }),
    folder,
  );
  opened.defer(upstream.stop);
  const redis = tools.redis === undefined ? undefined : await startRedis(tools.redis, folder);
  if (redis !== undefined) opened.defer(redis.stop);

  return {
    ...{ tools, folder, configFile },
    upstream: { pid: upstream.pid, port, body },
    usersPort: users.port,
    tokens: users.tokens,
    requestsFile: writeRequests(folder, users.tokens),
    redis: redis && { pid: redis.pid, port: redis.ports.http as number },
  };
};

/** An nginx with a folder of its own under `parent`. */
export const startNginx = async (
  { name, cpu }: Readonly<{ name: string; cpu: number }>,
  command: string,
  configure: (folder: string) => Readonly<{ port: number; text: string }>,
  parent: string,
): Promise<StartedProcess> => {
  const folder = join(parent, name);
  mkdirSync(folder, { recursive: true });
  const { port, text } = configure(folder);
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, text);
  const args = ['-p', folder, '-e', join(folder, 'error.log'), '-c', file];
  return startProcess({ name, cpu, command, args, port, outputFile: join(folder, 'output.log') });
};

const startRedis = async (command: string, folder: string): Promise<StartedProcess> => {
  const port = await freePort();
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  return startProcess({
    name: 'redis',
    cpu: otherCpu,
    command,
    args,
    port,
    outputFile: join(folder, 'redis.log'),
  });
};
