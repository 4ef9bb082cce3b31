import { setTimeout as sleep } from 'node:timers/promises';
import { type MachineTimes, readMachine } from './proc-stat.ts';
import type { Bounds } from './slice.ts';

/** Waits until the machine has nothing else to do, for so long as there is time to wait: all waits of a run together. */
export type Patience = Readonly<{ waitForQuiet(): Promise<void> }>;

export type PatienceDeps = Readonly<{
  bounds: Bounds;
  limitMs: number;
  read?: () => MachineTimes;
  now?: () => number;
  pause?: (ms: number) => Promise<unknown>;
}>;

const lookMs = 1000;

export const createPatience = (deps: PatienceDeps): Patience => {
  const { bounds, read = readMachine, now = () => performance.now(), pause = sleep } = deps;
  let leftMs = deps.limitMs;

  /** Nothing of the benchmark works while it looks, so whatever is busy is foreign. */
  const isQuiet = async (): Promise<boolean> => {
    const [before, startedAtMs] = [read(), now()];
    await pause(lookMs);
    const [after, tookMs] = [read(), now() - startedAtMs];
    return (
      (after.busyMs - before.busyMs) / tookMs < bounds.foreignCores &&
      (after.stolenMs - before.stolenMs) / tookMs < bounds.stolenCores
    );
  };

  return {
    waitForQuiet: async () => {
      while (leftMs > 0) {
        const startedAtMs = now();
        if (await isQuiet()) return;
        leftMs -= now() - startedAtMs;
      }
    },
  };
};
