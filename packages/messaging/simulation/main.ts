// Runs the simulation by hand: npm run simulate [-- --seeds 100000] [--from 1]; one run again: SIM_SEED=… npm run simulate
import { parseArgs } from 'node:util';
import { byKind, describeFailure, runSeeds } from './run-seeds.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string' }, from: { type: 'string' } } });
const one = process.env.SIM_SEED;
if (one !== undefined) {
  const run = await simulate(Number(one));
  console.dir(run, { depth: 5 });
  process.exit(run.violations.length === 0 ? 0 : 1);
}

const startedAt = performance.now();
const { failed, faults, ...totals } = await runSeeds(Number(values.from ?? 1), Number(values.seeds ?? 2_000));
for (const run of failed) console.log(describeFailure(run));
const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
console.log({ ...totals, points: Object.keys(faults).length, faults: byKind(faults), seconds });
console.log(failed.length === 0 ? 'HOLDS' : 'DOES NOT HOLD');
process.exit(failed.length === 0 ? 0 : 1);
