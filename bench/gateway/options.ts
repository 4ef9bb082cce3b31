import { parseArgs } from 'node:util';
import type { Bounds } from './slice.ts';

export type Options = Readonly<{
  /** Each with new processes. */
  rounds: number;
  /** Slices of each contender in a round. */
  sweeps: number;
  seconds: number;
  warmUpSeconds: number;
  /** How often a round measures a contender at most until one slice is clean. */
  tries: number;
  bounds: Bounds;
  /** How long the whole run may wait for a quiet machine. */
  patienceSeconds: number;
  only: readonly string[] | undefined;
  jsonFile: string | undefined;
  profile: boolean;
  profileFile: string;
  garbage: boolean;
  growth: boolean;
}>;

export const usage = `Usage: npm run bench:gateway -- [options]
  --rounds 3          each with new processes
  --sweeps 5          slices of each contender in a round, in turn
  --seconds 2         length of a slice
  --warm-up 5         load before the first slice of a contender in a round
  --tries 2           slices of a contender in a sweep, until one is clean
  --patience 0        seconds that the whole run may wait until the machine is quiet
  --foreign 0.10      cores busy with something else from which on a slice is discarded
  --steal 0.05        cores taken by the hypervisor from which on it is
  --only a,b          these contenders alone
  --json <file>       writes the result there as well
  --profile           a CPU profile of our gateway under load instead, for --seconds
  --profile-file gateway.cpuprofile   where it is kept
  --garbage           what a request leaves to the garbage collector instead
  --growth            whether a request costs more with more routes, instances or clients instead`;

/** @throws Error that names the option that is wrong. */
export const parseOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      sweeps: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      'warm-up': { type: 'string', default: '5' },
      tries: { type: 'string', default: '2' },
      patience: { type: 'string', default: '0' },
      foreign: { type: 'string', default: '0.10' },
      steal: { type: 'string', default: '0.05' },
      only: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'boolean', default: false },
      'profile-file': { type: 'string', default: 'gateway.cpuprofile' },
      garbage: { type: 'boolean', default: false },
      growth: { type: 'boolean', default: false },
    },
  });
  const whole = (
    name: 'rounds' | 'sweeps' | 'seconds' | 'warm-up' | 'tries' | 'patience',
    most: number,
    least = 1,
  ): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new Error(`--${name} is a whole number from ${least} to ${most}.`);
    }
    return value;
  };
  const cores = (name: 'foreign' | 'steal'): number => {
    const value = Number(values[name]);
    if (!(value > 0 && value <= 64)) throw new Error(`--${name} is a number of cores.`);
    return value;
  };
  return {
    rounds: whole('rounds', 100),
    sweeps: whole('sweeps', 100),
    seconds: whole('seconds', 600),
    warmUpSeconds: whole('warm-up', 600),
    tries: whole('tries', 20),
    patienceSeconds: whole('patience', 86_400, 0),
    bounds: { foreignCores: cores('foreign'), stolenCores: cores('steal') },
    only: values.only?.split(','),
    jsonFile: values.json,
    profile: values.profile,
    profileFile: values['profile-file'],
    garbage: values.garbage,
    growth: values.growth,
  };
};
