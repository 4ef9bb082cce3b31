import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { answersWith } from './ask.ts';
import type { Ports } from './ports.ts';
import { type Account, findAccount, makePrivateFolder, type PrivateFolder } from './private-folder.ts';
import { runServer } from './process-server.ts';
import type { RealServer } from './real-server.ts';
import { findOnPath, searchPath } from './search-path.ts';
import { serverError } from './server-errors.ts';

export type RabbitMq = RealServer &
  Readonly<{
    /** `rabbitmqctl stop_app`: connections are closed and the port refuses, the process lives. */
    stopApp(): Promise<void>;
    startApp(): Promise<void>;
    /** It is as good as out of memory: it takes nothing more from connections that publish, and tells them. */
    block(): Promise<void>;
    unblock(): Promise<void>;
  }>;

const memoryLimit = '512MB';

/** Of `rabbitmqctl`, in words. */
export const controls = {
  stopApp: ['stop_app'],
  startApp: ['start_app'],
  block: ['set_vm_memory_high_watermark', '0'],
  unblock: ['set_vm_memory_high_watermark', 'absolute', memoryLimit],
} as const;

/** How a client begins, and the first byte of the broker's answer (AMQP 0-9-1, 4.2). */
const amqpHeader = 'AMQP\x00\x00\x09\x01';
const frameOfMethod = '\x01';

export const answersAmqp = (port: number): Promise<boolean> => answersWith(port, amqpHeader, frameOfMethod);

/** With the user of every new RabbitMQ, who may connect from this machine only. */
export const amqpUrl = (port: number): string => `amqp://guest:guest@127.0.0.1:${port}`;

/**
 * A broker without plugins. Nodes of Erlang find each other by a name service (epmd) that outlives them and that all users
 * of a machine share; this one has its own, on its own port. Under root it runs as another account, since its data are
 * unreadable to the next start otherwise.
 */
export const runRabbitMq = async (program: string, ports: Ports): Promise<RabbitMq> => {
  const account = await findAccount(['rabbitmq', 'gatehouse', 'nobody']);
  const folder = await makePrivateFolder('rabbitmq');
  const [amqp] = ports;
  const env = await prepare(folder, ports, account);
  const common = { env, cwd: await folder.add('home', account), account };
  const server = await runServer({
    name: 'rabbitmq',
    url: amqpUrl(amqp),
    port: amqp,
    folder,
    launch: { ...common, command: program, args: [], logFile: join(folder.path, 'rabbitmq.log') },
    companion: { ...common, command: await findEpmd(), args: [], logFile: join(folder.path, 'epmd.log') },
    answers: () => answersAmqp(amqp),
  });
  const control = async (command: readonly string[]): Promise<void> => {
    const identity = account === undefined ? {} : { uid: account.uid, gid: account.gid };
    const options = { ...identity, cwd: common.cwd, env: { PATH: searchPath(), ...env }, timeout: 60_000 };
    await promisify(execFile)(join(dirname(program), 'rabbitmqctl'), [...command], options).catch((cause) => {
      throw serverError('server_refused', { message: `rabbitmqctl ${command.join(' ')} failed`, cause });
    });
  };
  return {
    ...server,
    stopApp: () => control(controls.stopApp),
    startApp: () => control(controls.startApp),
    block: () => control(controls.block),
    unblock: () => control(controls.unblock),
  };
};

/** All that the programs of RabbitMQ read, so that nothing of the machine's own installation is read or written. */
const prepare = async (
  folder: PrivateFolder,
  [amqp, distribution, names]: Ports,
  account: Account | undefined,
): Promise<Readonly<Record<string, string>>> => {
  const file = async (name: string, text: string, mode = 0o644): Promise<string> => {
    const path = join(folder.path, name);
    await writeFile(path, text, { mode });
    if (account !== undefined) await chown(path, account.uid, account.gid);
    return path;
  };
  const home = await folder.add('home', account);
  await file('home/.erlang.cookie', randomBytes(16).toString('hex'), 0o400);
  return {
    HOME: home,
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `gatehouse-${randomBytes(4).toString('hex')}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(amqp),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: await folder.add('data', account),
    RABBITMQ_LOG_BASE: await folder.add('log', account),
    RABBITMQ_LOGS: '-',
    RABBITMQ_CONF_ENV_FILE: await file('rabbitmq-env.conf', ''),
    RABBITMQ_CONFIG_FILE: await file('rabbitmq.conf', settings),
    RABBITMQ_ADVANCED_CONFIG_FILE: await file('advanced.config', '[].\n'),
    RABBITMQ_ENABLED_PLUGINS_FILE: await file('enabled_plugins', '[].\n'),
    // The shell script then becomes the broker, instead of waiting beside it.
    RUNNING_UNDER_SYSTEMD: 'true',
    // No busy waiting for work, on loopback only.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_CTL_ERL_ARGS: '+sbwt none',
  };
};

const settings = `log.console = true
log.console.level = warning
vm_memory_high_watermark.absolute = ${memoryLimit}
disk_free_limit.absolute = 50MB
collect_statistics_interval = 60000
`;

const findEpmd = async (): Promise<string> => {
  const found = await findOnPath('epmd');
  if (found !== undefined) return found;
  throw serverError('server_missing', { message: 'epmd, which comes with Erlang, is not on PATH.' });
};
