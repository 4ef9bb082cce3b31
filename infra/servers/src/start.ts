import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSecrets } from '@gatehouse/embedded';
import { createConsulRegistry, type InstanceReport } from '@gatehouse/registry';
import { systemClock } from '@gatehouse/resilience';
import { instanceFolder, type ServersConfig, serviceNames } from './config.ts';
import { type InstancePlan, planInstances } from './instances.ts';
import { openServers, type ServerAddresses } from './private-servers.ts';
import { startProcess } from './start-process.ts';
import { type SupervisedChild, superviseChild } from './supervised-child.ts';
import { waitUntilReady } from './wait-until-ready.ts';

export type RunningProduct = Readonly<{
  /** As Consul knows them. */
  instances: readonly InstanceReport[];
  addresses: ServerAddresses;
  /** Set at the first start in this folder alone, and only when no password was given. */
  newAdministratorPassword: string | undefined;
  /** Gateways first, then services, servers of our own last. */
  stop(): Promise<void>;
}>;

export type StartParts = Readonly<{
  config: ServersConfig;
  /** The repository. */
  root: string;
  /** PATH of the processes. */
  searchPath: string;
  log: (line: string) => void;
  /** What a person should know at once; it is in the log too. */
  report: (line: string) => void;
  stopping: AbortSignal;
}>;

/** All parts of a service or gateway that drain, plus a little. */
const drainLimitMs = 12_000;

/** The product as separate processes. Resolves when both gateways are ready and every service is there twice. */
export const startServers = async (parts: StartParts): Promise<RunningProduct> => {
  const { config, report, stopping } = parts;
  await using opened = new AsyncDisposableStack();
  const { secrets, madeNow } = await openSecrets(config.dataDir);
  const addresses = await openServers(config.given);
  opened.defer(() => addresses.close());
  stopping.throwIfAborted();

  const plans = planInstances({
    ...{ config, addresses },
    secret: secrets.serviceTokenSecret,
    administratorPassword: config.administrator.password ?? secrets.administratorPassword,
  });
  for (const { name } of plans) await mkdir(instanceFolder(config, name), { recursive: true });
  const children = plans.map((plan) => startInstance(plan, parts));
  const stopAll = (isIt: (name: string) => boolean) =>
    Promise.all(children.filter(({ name }) => isIt(name)).map((child) => child.stop()));
  const isGateway = (name: string): boolean => name.startsWith('gateway-');
  opened.defer(async () => void (await stopAll((name) => !isGateway(name))));
  opened.defer(async () => void (await stopAll(isGateway)));

  const registry = createConsulRegistry({
    address: addresses.consul,
    clock: systemClock,
    ...(config.consulToken === undefined ? {} : { token: config.consulToken }),
  });
  opened.defer(() => registry.close());
  const instances = await waitUntilReady({
    operationsPorts: config.gateways.map(({ operationsPort }) => operationsPort),
    services: serviceNames,
    listInstances: registry.list,
    givenUp: () => children.find((child: SupervisedChild) => child.state() === 'given-up')?.name,
    stopping,
  });
  report('all processes are ready');

  const closing = opened.move();
  return {
    ...{ instances, addresses },
    newAdministratorPassword:
      madeNow && config.administrator.password === undefined ? secrets.administratorPassword : undefined,
    stop: () => closing.disposeAsync(),
  };
};

const startInstance = (
  { name, entry, nodeFlags, env }: InstancePlan,
  { config, root, searchPath, log, report }: StartParts,
) =>
  superviseChild({
    ...{ name, report },
    clock: systemClock,
    stopLimitMs: drainLimitMs,
    start: () => {
      const started = startProcess({
        entry: join(root, entry),
        nodeFlags,
        env: { PATH: searchPath, ...env },
        onLine: (line) => log(`${name.padEnd(9)} ${line}`),
      });
      const file = join(instanceFolder(config, name), 'pid');
      // For people and fault tests; nothing here depends on it.
      writeFile(file, `${started.pid}\n`).catch(() => {});
      return started;
    },
  });
