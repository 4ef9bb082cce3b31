import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './private-folder.ts';
import { tellReaper } from './reaper.ts';
import { searchPath } from './search-path.ts';

export type Launch = Readonly<{
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** A folder that the account may enter. */
  cwd: string;
  account: Account | undefined;
  /** What it says is appended there. */
  logFile: string;
}>;

/** One life of a program: a child in a process group of its own. */
export type ServerProcess = Readonly<{
  pid: number;
  hasEnded(): boolean;
  /** To the whole group. Nothing when it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves to false when it still runs after the time. */
  endsWithin(timeoutMs: number): Promise<boolean>;
}>;

/** Starts a program with an environment of its own; neither our secrets nor the machine's settings reach it. */
export const startProcess = async (launch: Launch): Promise<ServerProcess> => {
  const output = openSync(launch.logFile, 'a', 0o644);
  try {
    const child = spawn(launch.command, launch.args, {
      cwd: launch.cwd,
      detached: true,
      stdio: ['ignore', output, output],
      env: { PATH: searchPath(), LC_ALL: 'C.UTF-8', ...launch.env },
      ...(launch.account === undefined ? {} : { uid: launch.account.uid, gid: launch.account.gid }),
    });
    await once(child, 'spawn');
    return watch(child, child.pid ?? 0);
  } finally {
    closeSync(output);
  }
};

const watch = (child: ChildProcess, pid: number): ServerProcess => {
  tellReaper({ watchGroup: pid });
  let ended = false;
  const exit = new Promise<true>((resolve) => {
    child.once('exit', () => {
      ended = true;
      tellReaper({ forgetGroup: pid });
      resolve(true);
    });
  });
  return {
    pid,
    hasEnded: () => ended,
    signal(signal) {
      if (ended) return;
      try {
        process.kill(-pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    },
    async endsWithin(timeoutMs) {
      const giveUp = new AbortController();
      const late = sleep(timeoutMs, false, { signal: giveUp.signal }).catch(() => false);
      const inTime = await Promise.race([exit, late]);
      giveUp.abort();
      return inTime;
    },
  };
};
