import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Account } from './account.ts';
import { type Binaries, programName } from './binaries.ts';

export type Program = Readonly<{
  binaries: Binaries;
  account: Account | undefined;
  name: 'initdb' | 'postgres';
  args: readonly string[];
  /** The account must be able to enter it. */
  cwd: string;
  /** Where it writes what it has to say. */
  output: number | 'pipe';
}>;

/**
 * Starts one of PostgreSQL's programs in a session of its own, so that Ctrl-C in a terminal reaches us alone, with an
 * environment of its own, so that neither our secrets nor a PGDATA of the machine reach it.
 */
export const startProgram = ({ binaries, account, name, args, cwd, output }: Program): ChildProcess =>
  spawn(join(binaries.bin, programName(name)), args, {
    cwd,
    detached: true,
    windowsHide: true,
    stdio: ['ignore', output, output],
    env: { LC_ALL: 'C', TZ: 'UTC', LD_LIBRARY_PATH: binaries.lib, DYLD_LIBRARY_PATH: binaries.lib },
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  });

/** Runs one to its end: what it said and how it ended. */
export const runProgram = (
  program: Omit<Program, 'output'>,
): Promise<{ code: number | null; said: string }> =>
  new Promise((resolve, reject) => {
    const child = startProgram({ ...program, output: 'pipe' });
    let said = '';
    const hear = (text: Buffer): void => {
      said = (said + text.toString('utf8')).slice(-8_192);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, said }));
  });
