// What is promised of events under faults, on real servers, each printed with its counts, its seed and the proof that the fault
// happened. Usage: npm run chaos:events [-- --long] [--only <experiment>[,<experiment>]] [--seed <number>]
// Exit code 1 when one does not hold. The figures of the last long run: docs/reference/event-experiments.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { administrator } from '../src/product.ts';
import { startOnServers } from '../src/servers-product.ts';
import { rabbitmqKilled, rabbitmqStopped } from './events/broker-experiments.ts';
import { openHooks } from './events/chaos-hooks.ts';
import { diskFull, postgresRestarted } from './events/database-experiments.ts';
import { seedOf } from './events/events-lab.ts';
import { poison } from './events/poison.ts';
import { clockAhead, crashAtEachStep } from './events/process-experiments.ts';
import { mountSmallDisk } from './events/small-disk.ts';
import { preloaded } from './preload/preloaded.ts';

const all = {
  'rabbitmq-stopped': rabbitmqStopped,
  'rabbitmq-killed': rabbitmqKilled,
  'postgres-restarted': postgresRestarted,
  'crash-at-each-step': crashAtEachStep,
  poison,
  'clock-ahead': clockAhead,
  'disk-full': diskFull,
} as const;

const { values } = parseArgs({
  options: { long: { type: 'boolean' }, only: { type: 'string' }, seed: { type: 'string' } },
});
const chosen = values.only?.split(',') ?? Object.keys(all);
const unknown = chosen.filter((name) => !(name in all));
if (unknown.length > 0) {
  console.error(`No such experiment: ${unknown.join(', ')}. There are ${Object.keys(all).join(', ')}.`);
  process.exit(2);
}

const { seed, random } = seedOf(values.seed);
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-chaos-'));
const hooks = await openHooks(join(folder, 'hooks'));
const smallDisk = chosen.includes('disk-full') ? await mountSmallDisk() : undefined;

const broken: string[] = [];
const product = await startOnServers(
  {
    PATH: process.env.PATH ?? '',
    ADMIN_EMAIL: administrator.email,
    ADMIN_PASSWORD: administrator.password,
    RATE_LIMIT_FACTOR: '10000',
    ...preloaded(join(import.meta.dirname, 'events/preload/hooks.ts'), join(folder, 'hooks')),
  },
  { databasesWithin: smallDisk?.path },
);
try {
  for (const [name, experiment] of Object.entries(all).filter(([one]) => chosen.includes(one))) {
    const startedAt = performance.now();
    const result = await experiment({
      product,
      hooks,
      folder,
      seed,
      random,
      smallDisk,
      short: values.long !== true,
    });
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    console.dir({ [name]: result }, { depth: 6, breakLength: 130 });
    console.log(`${name}: ${result.holds ? 'HOLDS' : 'DOES NOT HOLD'} (${seconds} s, seed ${seed})`);
    if (!result.holds) broken.push(name);
  }
} catch (error) {
  console.error(product.output().split('\n').slice(-20).join('\n'));
  console.error(await product.warnings());
  throw error;
} finally {
  await product.dispose();
  await smallDisk?.dispose();
  await rm(folder, { recursive: true, force: true });
}
console.log(broken.length === 0 ? 'All hold.' : `Do not hold: ${broken.join(', ')}`);
process.exit(broken.length === 0 ? 0 : 1);
