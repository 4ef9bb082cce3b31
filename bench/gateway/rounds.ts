import { setTimeout as sleep } from 'node:timers/promises';
import { checkContender } from './check.ts';
import type { Contender } from './contenders.ts';
import { sendLoad } from './load.ts';
import type { Options } from './options.ts';
import type { Patience } from './patience.ts';
import type { StartedProcess } from './processes.ts';
import { otherCpu, type Site } from './site.ts';
import { measureSlice, type Slice } from './slice.ts';

export type Entrant = Readonly<{
  contender: Contender;
  site: Site;
  warmUpSeconds: number;
  /** Whether it is asked first for what each contender must answer, on the usual routes. */
  isChecked: boolean;
}>;

export type RoundPlan = Readonly<{ round: number; options: Options; patience: Patience }>;

const settleMs = 200;
/** Before each slice, so that a program which has waited for its turn is awake. */
const leadInSeconds = 2;

/**
 * Starts all entrants as new processes, checks them and warms them up, then measures a slice of each in turn, `sweeps` times: the
 * machine is faster in one minute than in the next, so what is compared must lie within seconds. What one entrant's process has of
 * luck is one round.
 *
 * @returns for each entrant its slices, by sweep. The last of a sweep is the clean one, if one was.
 */
export const measureRound = async (
  entrants: readonly Entrant[],
  plan: RoundPlan,
): Promise<readonly (readonly (readonly Slice[])[])[]> => {
  const { sweeps } = plan.options;
  const running: Running[] = [];
  try {
    for (const entrant of entrants) running.push(await start(entrant));
    for (let sweep = 1; sweep <= sweeps; sweep += 1)
      for (const each of running) each.slices.push(await measureOnce(each, plan));
    return running.map(({ slices }) => slices);
  } finally {
    for (const { started } of running) await started.stop();
  }
};

type Running = Readonly<{ entrant: Entrant; started: StartedProcess; slices: (readonly Slice[])[] }>;

const start = async (entrant: Entrant): Promise<Running> => {
  const { contender, site, warmUpSeconds, isChecked } = entrant;
  const started = await contender.start(site);
  try {
    if (isChecked) await checkContender(contender, started, site);
    await load(entrant, started, warmUpSeconds);
  } catch (error) {
    await started.stop();
    throw error;
  }
  return { entrant, started, slices: [] };
};

const load = async ({ site }: Entrant, { ports }: StartedProcess, seconds: number): Promise<void> => {
  const { tools, requestsFile, clients } = site;
  await sendLoad({ wrk: tools.wrk, cpu: otherCpu, requestsFile, clients }, ports.http as number, seconds);
};

const measureOnce = async (
  { entrant, started }: Running,
  { round, options, patience }: RoundPlan,
): Promise<readonly Slice[]> => {
  const { contender, site } = entrant;
  const { seconds, bounds, tries } = options;
  const slices: Slice[] = [];
  while (slices.length < tries && !slices.some(({ clean }) => clean)) {
    await sleep(settleMs);
    await patience.waitForQuiet();
    await load(entrant, started, leadInSeconds);
    const slice = await measureSlice({ contender, started, site, round, seconds, bounds });
    slices.push(slice);
    console.error(toLine(contender, slice));
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
