import { type Clock, type Repeating, repeat } from '@gatehouse/resilience';
import type { Background } from '@gatehouse/service-kit';

type Deps = Readonly<{ clock: Clock; onError: (error: unknown) => void }>;
type Job = Readonly<{ name: string; everyMs: number; task: () => Promise<void> }>;

/** A job that runs beside the requests, from start to stop, and sooner when it is told that there is something to do. */
export const createJob = (
  { name, everyMs, task }: Job,
  deps: Deps,
): Background & Readonly<{ hint(): void }> => {
  let repeating: Repeating | undefined;
  return {
    name,
    start: async () => {
      repeating = repeat({ ...deps, intervalMs: everyMs, task });
    },
    stop: async () => {
      await repeating?.stop();
      repeating = undefined;
    },
    hint: () => repeating?.now(),
  };
};

/** Something that is done once before the service is ready. */
export const createFirstStep = (name: string, task: () => Promise<void>): Background => ({
  name,
  start: task,
  stop: async () => {},
});
