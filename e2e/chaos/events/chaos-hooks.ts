import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Steps of an event on its way, in their order, at which a process can be made to die. */
export const crashSteps = [
  'relay: read, not published',
  'relay: published, not confirmed',
  'relay: confirmed, not marked',
  'relay: marked',
  'inbox: delivered, not stored',
  'inbox: committed, not acknowledged',
  'inbox: acknowledged',
  'process: taken, not handled',
  'process: handled, not done',
  'process: done and commit sent, no answer',
  'process: committed',
] as const;

type CrashStep = (typeof crashSteps)[number];

/** The other side of `preload/hooks.ts`. */
export type ChaosHooks = Readonly<{
  /** Waits until some process has died at this step. */
  crashAt(step: CrashStep): Promise<void>;
  /** How often each step was died at. */
  deaths(): Promise<Readonly<Record<string, number>>>;
  /** Makes the clock of every process of the product wrong by so much. */
  shiftClock(offsetMs: number): Promise<void>;
}>;

const crashLimitMs = 60_000;

export const openHooks = async (folder: string): Promise<ChaosHooks> => {
  const died = join(folder, 'died');
  await mkdir(died, { recursive: true });
  const listDeaths = async (): Promise<readonly string[]> => readdir(died);
  return {
    crashAt: async (step) => {
      const before = (await listDeaths()).length;
      await writeFile(join(folder, step), '');
      const giveUpAt = performance.now() + crashLimitMs;
      while ((await listDeaths()).length === before) {
        if (performance.now() > giveUpAt) {
          await rm(join(folder, step), { force: true });
          throw new Error(`No process came to the step "${step}".`);
        }
        await delay(20);
      }
    },
    deaths: async () => {
      const counts: Record<string, number> = {};
      for (const name of await listDeaths()) {
        const step = crashSteps.find((one) => name.startsWith(`${one} orders-`)) ?? name;
        counts[step] = (counts[step] ?? 0) + 1;
      }
      return counts;
    },
    shiftClock: (offsetMs) => writeFile(join(folder, 'clock-offset'), String(offsetMs)),
  };
};
