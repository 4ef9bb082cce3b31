import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { statOf } from './process-tree.ts';
import { serverError } from './server-errors.ts';

const limitMs = 5_000;
const pollMs = 2;

/**
 * Resolves when no thread of these processes runs any more. The kernel stops a process only when each of its threads comes to
 * run again: on a busy machine one that was sent SIGSTOP still answers. Elsewhere than on Linux nobody tells, and it resolves at once.
 */
export const whenFrozen = async (pids: readonly number[]): Promise<void> => {
  if (process.platform !== 'linux') return;
  const untilMs = performance.now() + limitMs;
  while (!pids.every(isFrozen)) {
    if (performance.now() > untilMs)
      throw serverError('server_not_frozen', { message: `Processes ${pids.join()} go on after SIGSTOP.` });
    await sleep(pollMs);
  }
};

/** Stopped (T), stopped by a debugger (t), or at its end (Z, X). */
const isFrozen = (pid: number): boolean =>
  listThreads(pid).every((path) => [undefined, 'T', 't', 'Z', 'X'].includes(statOf(path)[0]));

const listThreads = (pid: number): readonly string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).map((id) => `${pid}/task/${id}`);
  } catch {
    return []; // it has ended meanwhile
  }
};
