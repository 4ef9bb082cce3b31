import type { Bug } from './bug.ts';
import { type Run, simulate } from './simulate.ts';

export type Totals = Readonly<{
  seeds: number;
  events: number;
  effects: number;
  steps: number;
  slowestDrainMs: number;
  faults: Readonly<Record<string, number>>;
  /** Runs in which something did not hold. */
  failed: readonly Run[];
}>;

/** Runs `count` seeds from the given one on; stops early after `mostFailures`. */
export const runSeeds = async (
  from: number,
  count: number,
  { bug, mostFailures = 10 }: { bug?: Bug; mostFailures?: number } = {},
): Promise<Totals> => {
  const faults: Record<string, number> = {};
  const failed: Run[] = [];
  let [seeds, events, effects, steps, slowestDrainMs] = [0, 0, 0, 0, 0];
  for (let seed = from; seed < from + count && failed.length < mostFailures; seed += 1) {
    const run = await simulate(seed, bug);
    for (const [kind, times] of Object.entries(run.faults)) faults[kind] = (faults[kind] ?? 0) + times;
    seeds += 1;
    events += run.events;
    effects += run.effects;
    steps += run.steps;
    slowestDrainMs = Math.max(slowestDrainMs, run.drainedMs);
    if (run.violations.length > 0) failed.push(run);
  }
  return { seeds, events, effects, steps, slowestDrainMs, faults, failed };
};

/** How to see a failed run again, and what did not hold in it. */
export const describeFailure = ({ seed, violations }: Run): string =>
  [`SIM_SEED=${seed} npm run simulate`, ...violations].join('\n  ');

/** Faults by kind alone, wherever they fell: short enough to print. */
export const byKind = (faults: Readonly<Record<string, number>>): Readonly<Record<string, number>> => {
  const kinds: Record<string, number> = {};
  for (const [name, times] of Object.entries(faults)) {
    const kind = name.replace(/ at .*/, '');
    kinds[kind] = (kinds[kind] ?? 0) + times;
  }
  return kinds;
};
