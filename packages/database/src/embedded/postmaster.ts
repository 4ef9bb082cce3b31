import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** What a server says about itself in `postmaster.pid` (source: PostgreSQL's `miscadmin.h`). */
export type Postmaster = Readonly<{ pid: number; port: number; status: string }>;

export type StopMode = 'fast' | 'immediate';

/** Bounds of each step of a stop; all three together stay below 10 s. */
const fastTimeoutMs = 5_000;
const immediateTimeoutMs = 3_000;
const killTimeoutMs = 1_000;
const pollMs = 20;

const signals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

export const parsePostmasterFile = (text: string): Postmaster | undefined => {
  const [pid = '', , , port = '', , , , status = ''] = text.split('\n');
  if (!/^\d+$/.test(pid.trim()) || !/^\d+$/.test(port.trim())) return undefined;
  return { pid: Number(pid), port: Number(port), status: status.trim() };
};

export const readPostmaster = async (pgdata: string): Promise<Postmaster | undefined> =>
  parsePostmasterFile(await readFile(join(pgdata, 'postmaster.pid'), 'utf8').catch(() => ''));

/**
 * The server that lives on a data folder, such as one whose parent was killed. A `postmaster.pid` whose process id now
 * belongs to some other program is removed: PostgreSQL itself would take that program for a server and refuse to start.
 */
export const findLivingPostmaster = async (pgdata: string): Promise<Postmaster | undefined> => {
  const postmaster = await readPostmaster(pgdata);
  if (postmaster === undefined || !(await isAlive(postmaster.pid))) return undefined;
  if (await isServerOn(pgdata, postmaster.pid)) return postmaster;
  await rm(join(pgdata, 'postmaster.pid'), { force: true });
  return undefined;
};

/** False for a zombie too: it has ended, and in a container perhaps nobody ever collects it. */
export const isAlive = async (pid: number): Promise<boolean> => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
};

const isServerOn = async (pgdata: string, pid: number): Promise<boolean> => {
  switch (process.platform) {
    case 'linux': {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return command.split('\0').includes(pgdata);
    }
    case 'win32':
      return true; // nothing cheap tells; whether it answers as ours is asked next
    default: {
      const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(
        () => ({ stdout: '' }),
      );
      return stdout.includes(pgdata);
    }
  }
};

/**
 * Ends a server: `fast` rolls open transactions back and writes a checkpoint; `immediate`, also what follows when that
 * takes over 5 s, leaves recovery to the next start. Nothing committed is lost either way. Done within 10 s.
 */
export const stopPostmaster = async (pid: number, mode: StopMode): Promise<void> => {
  if (mode === 'fast' && (await endsBy(pid, signals.fast, fastTimeoutMs))) return;
  if (await endsBy(pid, signals.immediate, immediateTimeoutMs)) return;
  await endsBy(pid, 'SIGKILL', killTimeoutMs);
};

const endsBy = async (pid: number, signal: NodeJS.Signals, timeoutMs: number): Promise<boolean> => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
    throw error;
  }
  const untilMs = performance.now() + timeoutMs;
  while (await isAlive(pid)) {
    if (performance.now() > untilMs) return false;
    await sleep(pollMs);
  }
  return true;
};
