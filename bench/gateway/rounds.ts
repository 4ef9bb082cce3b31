import { setTimeout as sleep } from 'node:timers/promises';
import { checkContender } from './check.ts';
import type { Contender } from './contenders.ts';
import { sendLoad } from './load.ts';
import type { Options } from './options.ts';
import { createPatience, type Patience } from './patience.ts';
import { otherCpu, type Site } from './site.ts';
import { measureSlice, type Slice } from './slice.ts';
import type { Measured } from './summary.ts';

const settleMs = 300;

/**
 * Measures one contender after the other, and all of them again in the next round, so that a busy minute of the machine
 * meets them all. Each is a new process in each round: checked, warmed up, measured until a slice is clean.
 */
export const measureRounds = async (
  running: readonly Contender[],
  site: Site,
  options: Options,
): Promise<readonly Measured[]> => {
  const patience = createPatience({ bounds: options.bounds, limitMs: options.patienceSeconds * 1000 });
  const slices = new Map<string, Slice[]>(running.map(({ name }) => [name, []]));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const contender of running) {
      slices.get(contender.name)?.push(...(await measureOnce({ contender, site, options, patience, round })));
    }
  }
  return running.map(({ name, doing }) => ({ name, doing, slices: slices.get(name) ?? [] }));
};

type Turn = Readonly<{
  contender: Contender;
  site: Site;
  options: Options;
  patience: Patience;
  round: number;
}>;

const measureOnce = async (turn: Turn): Promise<readonly Slice[]> => {
  const { contender, site, options, patience, round } = turn;
  const started = await contender.start(site);
  const slices: Slice[] = [];
  try {
    await checkContender(contender, started, site);
    const load = { wrk: site.tools.wrk, cpu: otherCpu, requestsFile: site.requestsFile };
    await sendLoad(load, started.ports.http as number, options.warmUpSeconds);
    while (slices.length < options.tries && !slices.some(({ clean }) => clean)) {
      await sleep(settleMs);
      await patience.waitForQuiet();
      const { seconds, bounds } = options;
      const slice = await measureSlice({ contender, started, site, round, seconds, bounds });
      slices.push(slice);
      console.error(toLine(contender, slice));
    }
  } finally {
    await started.stop();
  }
  return slices;
};

const toLine = ({ name }: Contender, slice: Slice): string =>
  [
    `round ${slice.round}`,
    name.padEnd(22),
    `${slice.cpuUs.toFixed(1).padStart(7)} µs`,
    `kernel ${slice.kernelUs.toFixed(1).padStart(5)} µs`,
    `${slice.perSecond.toFixed(0).padStart(6)}/s`,
    `gateway ${slice.gatewayCores.toFixed(2)}`,
    `foreign ${slice.foreignCores.toFixed(2)}`,
    `stolen ${slice.stolenCores.toFixed(2)}`,
    slice.countedInRedis ? '' : 'fell back to memory',
    slice.clean ? '' : 'disturbed',
  ].join('  ');
