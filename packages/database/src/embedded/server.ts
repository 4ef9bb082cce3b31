import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import type { DataFolder } from './data-folder.ts';
import { embeddedError, toStartError } from './embedded-errors.ts';
import { isAlive, readPostmaster } from './postmaster.ts';
import { startProgram } from './program.ts';
import type { ServerLog } from './server-log.ts';
import { serverArguments } from './server-settings.ts';

export type ServerParts = Readonly<{
  folder: DataFolder;
  binaries: Binaries;
  log: ServerLog;
  settings: Readonly<Record<string, string>>;
}>;

/** Recovery of a big log on a slow disk included. */
const readyTimeoutMs = 120_000;
const pollMs = 10;

/** Starts a server and waits until it takes connections: its process id. What keeps it from starting is an `AppError`. */
export const startServer = async (parts: ServerParts, port: number): Promise<number> => {
  const { folder, binaries, log, settings } = parts;
  const offset = await log.size();
  const output = log.openForServer();
  const child = startProgram({
    binaries,
    account: folder.account,
    name: 'postgres',
    args: serverArguments(folder.pgdata, port, settings),
    cwd: folder.pgdata,
    output: output.fd,
  });
  output.close();
  child.unref();
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const ended = new Promise<'ended'>((resolve) => child.once('exit', () => resolve('ended')));
  const state = await Promise.race([failed, ended, waitUntilReady(folder.pgdata, child.pid)]);
  if (state === 'ready' && child.pid !== undefined) return child.pid;
  if (state !== 'ended') child.kill('SIGQUIT');
  throw toStartError(await log.since(offset), { dataDir: folder.pgdata, port });
};

/** Waits for a server that is just starting or stopping. */
export const waitUntilReady = async (
  pgdata: string,
  pid: number | undefined,
): Promise<'ready' | 'ended' | 'late'> => {
  const untilMs = performance.now() + readyTimeoutMs;
  while (performance.now() < untilMs) {
    const postmaster = await readPostmaster(pgdata);
    if (postmaster?.pid === pid && postmaster?.status === 'ready') return 'ready';
    if (pid === undefined || !(await isAlive(pid))) return 'ended';
    await sleep(pollMs);
  }
  return 'late';
};

/** Whether a living server was started as we would start it now: same programs, same settings. */
export const runsAsWanted = async (
  { folder, binaries, settings }: ServerParts,
  port: number,
): Promise<boolean> => {
  const line = await readFile(join(folder.pgdata, 'postmaster.opts'), 'utf8').catch(() => '');
  const wanted = serverArguments(folder.pgdata, port, settings).map((argument) => `"${argument}"`);
  return line.trim() === [join(binaries.bin, 'postgres'), ...wanted].join(' ');
};

export const refuseBadNames = (names: readonly string[]): void => {
  const bad = names.find((name) => !/^[a-z][a-z0-9_]{0,62}$/.test(name) || name === 'postgres');
  if (bad !== undefined) {
    throw embeddedError('database_start_failed', { message: `'${bad}' cannot be the name of a database.` });
  }
};
