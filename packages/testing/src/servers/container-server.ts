import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from './docker.ts';
import type { RealServer, ServerName } from './real-server.ts';
import { tellReaper } from './reaper.ts';
import { serverError } from './server-errors.ts';

export type ContainerPlan = Readonly<{
  name: ServerName;
  image: string;
  url: string;
  /** On this machine's loopback, and inside the container. */
  port: number;
  innerPort: number;
  command: readonly string[];
  answers: () => Promise<boolean>;
}>;

export type ContainerServer = RealServer & Readonly<{ run(command: readonly string[]): Promise<void> }>;

const startTimeoutMs = 120_000;
const pollMs = 100;

/** Runs an image as a `RealServer`. Its process id is the engine's: on macOS and Windows one inside its virtual machine. */
export const runContainer = async (plan: ContainerPlan): Promise<ContainerServer> => {
  const container = `gatehouse-${plan.name}-${randomBytes(6).toString('hex')}`;
  let pid = 0;
  let disposed: Promise<void> | undefined;
  const untilAnswers = async (): Promise<void> => {
    const untilMs = performance.now() + startTimeoutMs;
    while (!(await plan.answers())) {
      if (performance.now() > untilMs) {
        const message = `${plan.name} (image ${plan.image}) does not answer.`;
        throw serverError('server_start_failed', { message });
      }
      await sleep(pollMs);
    }
    pid = Number(await docker(['inspect', '--format', '{{.State.Pid}}', container]));
  };
  const remove = async (): Promise<void> => {
    await docker(['rm', '--force', '--volumes', container]);
    tellReaper({ forgetContainer: container });
  };
  const dispose = (): Promise<void> => {
    disposed ??= remove();
    return disposed;
  };
  // What is done already (killed twice, thawed without a freeze) is an error to the engine and none to us.
  const tell = (...args: readonly string[]): Promise<void> =>
    docker([...args, container]).then(
      () => {},
      () => {},
    );
  const tellNow = (order: 'pause' | 'unpause'): void => {
    execFileSync('docker', [order, container], { stdio: 'ignore' });
  };
  const stop = async (): Promise<void> => {
    await tell('unpause');
    await tell('stop', '--time', '20');
  };

  tellReaper({ watchContainer: container });
  try {
    const publish = `127.0.0.1:${plan.port}:${plan.innerPort}`;
    await docker(['run', '--detach', '--name', container, '--publish', publish, plan.image, ...plan.command]);
    await untilAnswers();
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    name: plan.name,
    url: plan.url,
    port: plan.port,
    pid: () => pid,
    stop,
    async kill() {
      await tell('unpause'); // the engine kills no paused one
      await tell('kill');
    },
    freeze: async () => tellNow('pause'),
    thaw: () => tellNow('unpause'),
    async restart() {
      await stop();
      await docker(['start', container]);
      await untilAnswers();
    },
    dispose,
    async run(command) {
      await docker(['exec', container, ...command]);
    },
  };
};
