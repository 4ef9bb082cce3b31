import { type Clock, repeat } from '@gatehouse/resilience';
import { isAlive } from './postmaster.ts';

export type SupervisorOptions = Readonly<{
  pid: number;
  /** Starts the server again, on the same port: its new process id. */
  restart: () => Promise<number>;
  clock: Clock;
  onNotice: (line: string) => void;
}>;

export type Supervisor = Readonly<{
  pid(): number;
  restarts(): number;
  /** `failed`: it ended too often, and nobody starts it any more. */
  state(): 'running' | 'restarting' | 'failed';
  /** Looks away; a restart under way ends first. */
  stop(): Promise<void>;
}>;

const checkMs = 500;
const windowMs = 60_000;
const maxRestartsInWindow = 5;

/**
 * Starts the server again when it ended without being asked to (killed, out of memory, out of disk): looked for twice a
 * second, at most five attempts a minute. A crash of one of its backends is the server's own business.
 */
export const superviseServer = ({ pid, restart, clock, onNotice }: SupervisorOptions): Supervisor => {
  let current = pid;
  let restarts = 0;
  let state: 'running' | 'restarting' | 'failed' = 'running';
  let attempts: readonly number[] = [];

  const check = async (): Promise<void> => {
    if (state === 'failed' || (state === 'running' && (await isAlive(current)))) return;
    const now = clock.monotonic();
    attempts = attempts.filter((at) => now - at < windowMs);
    if (attempts.length >= maxRestartsInWindow) {
      state = 'failed';
      onNotice(`PostgreSQL ended ${attempts.length} times within a minute and is not started again`);
      return;
    }
    attempts = [...attempts, now];
    state = 'restarting';
    onNotice('PostgreSQL ended unexpectedly; starting it again');
    current = await restart();
    restarts += 1;
    state = 'running';
  };

  const checks = repeat({
    clock,
    intervalMs: checkMs,
    task: check,
    onError: (error) =>
      onNotice(`PostgreSQL did not start again: ${error instanceof Error ? error.message : error}`),
  });

  return { pid: () => current, restarts: () => restarts, state: () => state, stop: () => checks.stop() };
};
