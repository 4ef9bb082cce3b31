import type { Clock } from '@gatehouse/resilience';

/** A process that was started: `ended` resolves with how it ended, for a person. */
export type StartedProcess = Readonly<{
  pid: number | undefined;
  ended: Promise<string>;
  kill(signal: NodeJS.Signals): void;
}>;

export type SupervisedChildDeps = Readonly<{
  name: string;
  start: () => StartedProcess;
  /** Told of every death and of what follows: nothing happens silently. */
  report: (line: string) => void;
  clock: Clock;
  /** How long it may drain before it is killed. */
  stopLimitMs: number;
}>;

export type SupervisedChild = Readonly<{
  name: string;
  pid(): number | undefined;
  state(): ChildState;
  /** SIGTERM, SIGKILL after `stopLimitMs`. Safe to call twice. */
  stop(): Promise<void>;
}>;

/**
 * `running` until it ends unasked, then `waiting` for its next start, or `given-up` after 20 such ends in a row (a life of 10 s
 * begins a new row); `stopped` once it was asked to end.
 */
type ChildState = 'running' | 'waiting' | 'given-up' | 'stopped';

const firstDelayMs = 500;
const longestDelayMs = 10_000;
const longLifeMs = 10_000;
const deathsLimit = 20;

/** Keeps one process running, with back-off and a limit. */
export const superviseChild = (deps: SupervisedChildDeps): SupervisedChild => {
  const { name, report, clock, stopLimitMs } = deps;
  let state: ChildState = 'running';
  let deaths = 0;
  let current: StartedProcess;
  let cancelStart = (): void => {};
  let stopping: Promise<void> | undefined;

  const start = (): void => {
    state = 'running';
    const startedAt = clock.monotonic();
    current = deps.start();
    void current.ended.then((how) => {
      if (state === 'stopped') return;
      deaths = clock.monotonic() - startedAt >= longLifeMs ? 1 : deaths + 1;
      if (deaths >= deathsLimit) {
        state = 'given-up';
        report(`${name} ended (${how}), ${deaths} times in a row: it is not started again.`);
        return;
      }
      state = 'waiting';
      const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (deaths - 1));
      report(`${name} ended (${how}); it starts again in ${delayMs / 1000} s.`);
      cancelStart = clock.schedule(delayMs, start);
    });
  };

  const stop = async (): Promise<void> => {
    const wasRunning = state === 'running';
    state = 'stopped';
    cancelStart();
    if (!wasRunning) return;
    const cancelKill = clock.schedule(stopLimitMs, () => {
      report(`${name} did not end within ${stopLimitMs / 1000} s: it is killed.`);
      current.kill('SIGKILL');
    });
    current.kill('SIGTERM');
    await current.ended;
    cancelKill();
  };

  start();
  return {
    name,
    pid: () => (state === 'running' ? current.pid : undefined),
    state: () => state,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
};
