import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PrivateFolder } from './private-folder.ts';
import { listGroup } from './process-tree.ts';
import type { RealServer, ServerName } from './real-server.ts';
import { serverError } from './server-errors.ts';
import { type Launch, type ServerProcess, startProcess } from './server-process.ts';
import { whenFrozen } from './when-frozen.ts';

export type ServerPlan = Readonly<{
  name: ServerName;
  url: string;
  port: number;
  folder: PrivateFolder;
  launch: Launch;
  /** Whether it takes requests now. Bounded by itself. */
  answers: () => Promise<boolean>;
  /** A program beside it that lives as long as the folder. */
  companion?: Launch;
}>;

const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;
const killTimeoutMs = 10_000;
const pollMs = 25;

/** Runs a program as a `RealServer`; resolves when it answers. What it said last is in the error when it does not. */
export const runServer = async (plan: ServerPlan): Promise<RealServer> => {
  const companion = plan.companion === undefined ? undefined : await startProcess(plan.companion);
  let current: ServerProcess | undefined;
  let disposed: Promise<void> | undefined;

  const start = async (): Promise<void> => {
    current = await startProcess(plan.launch);
    const untilMs = performance.now() + startTimeoutMs;
    while (!current.hasEnded() && performance.now() < untilMs) {
      if (await plan.answers()) return;
      await sleep(pollMs);
    }
    await kill();
    throw await startFailure(plan);
  };
  const kill = async (): Promise<void> => {
    current?.signal('SIGKILL');
    await current?.endsWithin(killTimeoutMs);
  };
  const stop = async (): Promise<void> => {
    // A frozen one would not see the other.
    current?.signal('SIGCONT');
    current?.signal('SIGTERM');
    if ((await current?.endsWithin(stopTimeoutMs)) === false) await kill();
  };
  const remove = async (): Promise<void> => {
    await kill();
    companion?.signal('SIGKILL');
    await companion?.endsWithin(killTimeoutMs);
    await plan.folder.remove();
  };
  const dispose = (): Promise<void> => {
    disposed ??= remove();
    return disposed;
  };

  try {
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    name: plan.name,
    url: plan.url,
    port: plan.port,
    pid: () => current?.pid ?? 0,
    stop,
    kill,
    async freeze() {
      if (current === undefined) return;
      current.signal('SIGSTOP');
      await whenFrozen(listGroup(current.pid));
    },
    thaw: () => current?.signal('SIGCONT'),
    async restart() {
      await stop();
      await start();
    },
    dispose,
  };
};

const lastLines = 15;

const startFailure = async ({ name, launch }: ServerPlan): Promise<Error> => {
  const said = await readFile(launch.logFile, 'utf8').catch(() => '');
  const end = said.trimEnd().split('\n').slice(-lastLines).join('\n');
  return serverError('server_start_failed', {
    message: `${name} did not start (${launch.command}):\n${end}`,
  });
};
