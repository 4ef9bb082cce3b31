import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StartedProcess } from './supervised-child.ts';

export type ProcessPlan = Readonly<{
  /** Absolute. */
  entry: string;
  nodeFlags?: readonly string[] | undefined;
  env: Readonly<Record<string, string>>;
  onLine: (line: string) => void;
}>;

/** Starts a program of ours under this Node, as a child that ends itself when this process is gone. */
export const startProcess = ({ entry, nodeFlags = [], env, onLine }: ProcessPlan): StartedProcess => {
  const child = spawn(process.execPath, [...nodeFlags, join(import.meta.dirname, 'child.ts'), entry], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C goes to every process of a terminal's group; here the parent ends the others, in its order.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null)
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
  }
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  return { pid: child.pid, ended, kill: (signal) => void child.kill(signal) };
};
