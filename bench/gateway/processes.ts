import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that the benchmark started, and ends by its id. */
export type StartedProcess = Readonly<{
  pid: number;
  /** What it said it listens on, for those that say so. */
  ports: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}>;

export type ProcessPlan = Readonly<{
  name: string;
  /** The only core that it may use. */
  cpu: number;
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Standard output goes here, appended, so that the file may be emptied meanwhile. */
  outputFile: string;
  /** Where it listens; without it the process is one of our own and sends its ports over IPC. */
  port?: number;
}>;

/** Everything that runs now, so that a signal can end it wherever the benchmark is. */
const living = new Map<ChildProcess, Promise<void>>();

/** Resolves when the child has ended; until then `stopEverything` ends it. */
export const track = (child: ChildProcess): Promise<void> => {
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve()).once('error', () => resolve());
  }).then(() => {
    living.delete(child);
  });
  living.set(child, exited);
  return exited;
};

export const stopEverything = async (): Promise<void> => {
  await Promise.all([...living].map(([child, exited]) => stopChild(child, exited)));
};

const startLimitMs = 20_000;
const stopLimitMs = 10_000;

/** Starts a process on its core and resolves when it takes connections. */
export const startProcess = async (plan: ProcessPlan): Promise<StartedProcess> => {
  const { name, cpu, command, args, outputFile, port } = plan;
  const output = openSync(outputFile, 'a');
  const errors = openSync(`${outputFile}.err`, 'a');
  // taskset becomes the command (exec), so the id is the command's own.
  const child = spawn('taskset', ['-c', String(cpu), command, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', ...plan.env },
    stdio: port === undefined ? ['ignore', output, errors, 'ipc'] : ['ignore', output, errors],
  });
  closeSync(output);
  closeSync(errors);
  const exited = track(child);
  const stop = () => stopChild(child, exited);

  try {
    const failed = Promise.race([
      exited.then(() => Promise.reject(new Error(`it ended (${child.exitCode ?? child.signalCode})`))),
      new Promise<never>((_, reject) => child.once('error', reject)),
      sleep(startLimitMs, undefined, { ref: false }).then(() =>
        Promise.reject(new Error('it took too long')),
      ),
    ]);
    failed.catch(() => {});
    const ports = await Promise.race([port === undefined ? portsOf(child) : reachable(port), failed]);
    return { pid: child.pid as number, ports, stop };
  } catch (error) {
    await stop();
    const said = readFileSync(`${outputFile}.err`, 'utf8').trim().slice(-2000);
    throw new Error(`${name} did not start: ${(error as Error).message}\n${said}`);
  }
};

const stopChild = async (child: ChildProcess, exited: Promise<void>): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await exited;
  clearTimeout(timer);
};

const portsOf = (child: ChildProcess): Promise<StartedProcess['ports']> =>
  new Promise((resolve) => child.once('message', (ports) => resolve(ports as StartedProcess['ports'])));

const reachable = async (port: number): Promise<StartedProcess['ports']> => {
  while (!(await accepts(port))) await sleep(20);
  return { http: port };
};

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** A port that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
