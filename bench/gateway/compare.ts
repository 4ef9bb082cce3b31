import type { Contender } from './contenders.ts';
import type { Options } from './options.ts';
import { createPatience } from './patience.ts';
import { type Entrant, measureRound } from './rounds.ts';
import type { Site } from './site.ts';
import type { Slice } from './slice.ts';
import type { Measured } from './summary.ts';

/** All contenders side by side, in `rounds` of new processes. */
export const compareContenders = async (
  running: readonly Contender[],
  site: Site,
  options: Options,
): Promise<readonly Measured[]> => {
  const { rounds, bounds, patienceSeconds, warmUpSeconds } = options;
  const patience = createPatience({ bounds, limitMs: patienceSeconds * 1000 });
  const entrants = running.map((contender): Entrant => ({ contender, site, warmUpSeconds, isChecked: true }));
  const slices = new Map<string, Slice[]>(running.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    const measured = await measureRound(entrants, { round, options, patience });
    for (const [index, { name }] of running.entries())
      slices.get(name)?.push(...(measured[index] ?? []).flat());
  }
  return running.map(({ name, doing }) => ({ name, doing, slices: slices.get(name) ?? [] }));
};
