// What the gateway promises about failures, under load, each printed with its counts and the proof that the fault happened. Usage:
//   npm run chaos:gateway [-- --long] [--only <experiment>[,<experiment>]]
// Exit code 1 when one does not hold, or is not shown: what takes time is not judged by a short run on a busy machine. The figures of the last long run: docs/reference/experiments.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newUser, signInAdministrator } from '../src/client.ts';
import { administrator } from '../src/product.ts';
import { startOnServers } from '../src/servers-product.ts';
import { instanceFrozen } from './gateway/instance-frozen.ts';
import { instanceKilled } from './gateway/instance-killed.ts';
import { soak, transfers } from './gateway/memory.ts';
import { overload } from './gateway/overload.ts';
import { resets } from './gateway/resets.ts';
import type { Result } from './gateway/result.ts';
import { retryStorm } from './gateway/retry-storm.ts';
import { rollingRestart } from './gateway/rolling-restart.ts';
import { serviceDown } from './gateway/service-down.ts';
import { preloaded } from './preload/preloaded.ts';

/** With a gateway of their own and services built for them. Only counts and bytes: a busy machine changes none of them. */
const counting = { 'retry-storm': retryStorm, resets, transfers, soak } as const;
/** The same, with latencies. */
const timing = { overload } as const;
/** With the product on real servers. */
const onServers = {
  'instance-killed': instanceKilled,
  'rolling-restart': rollingRestart,
  'instance-frozen': instanceFrozen,
  'service-down': serviceDown,
} as const;
const all = { ...counting, ...timing, ...onServers };

const short = !process.argv.includes('--long');
const only = process.argv[process.argv.indexOf('--only') + 1]?.split(',');
const chosen = process.argv.includes('--only') ? (only ?? []) : Object.keys(all);
const unknown = chosen.filter((name) => !(name in all));
if (unknown.length > 0 || chosen.length === 0) {
  console.error(`No such experiment: ${unknown.join(', ')}. There are ${Object.keys(all).join(', ')}.`);
  process.exit(2);
}

const broken: string[] = [];
const notShown: string[] = [];
const mostTries = 3;
const run = async (name: string, experiment: () => Promise<Result>): Promise<void> => {
  const startedAt = performance.now();
  let result = await experiment();
  // A machine that stands still for a processor fails requests by itself: such a run says nothing, and is shown and repeated.
  for (let tries = 1; tries < mostTries && !result.holds && result.disturbed; tries += 1) {
    console.dir({ [`${name}, on a busy machine: once more`]: result }, { depth: 6, breakLength: 130 });
    result = await experiment();
  }
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  console.dir({ [name]: result }, { depth: 6, breakLength: 130 });
  const isShown = result.notJudgedOnABusyMachine === undefined;
  const verdict = !result.holds ? 'DOES NOT HOLD' : isShown ? 'HOLDS' : 'NOT SHOWN, only its counts hold';
  console.log(`${name}: ${verdict} (${seconds} s)`);
  if (!result.holds) broken.push(name);
  else if (!isShown) notShown.push(name);
};
const entriesOf = <T extends object>(group: T) =>
  (Object.entries(group) as [string, T[keyof T]][]).filter(([name]) => chosen.includes(name));

const hooks = await mkdtemp(join(tmpdir(), 'gatehouse-chaos-'));
const product =
  entriesOf(onServers).length === 0
    ? undefined
    : startOnServers({
        PATH: process.env.PATH ?? '',
        ADMIN_EMAIL: administrator.email,
        ADMIN_PASSWORD: administrator.password,
        RATE_LIMIT_FACTOR: '1000',
        ...preloaded(join(import.meta.dirname, 'gateway/preload/hold.ts'), hooks),
      });
product?.catch(() => {});
try {
  // While the product starts, in the short form: what only counts, side by side.
  if (short) await Promise.all(entriesOf(counting).map(([name, one]) => run(name, () => one({ short }))));
  else for (const [name, one] of entriesOf(counting)) await run(name, () => one({ short }));
  const started = await product;
  for (const [name, one] of entriesOf(timing)) await run(name, () => one({ short }));
  for (const [name, one] of started === undefined ? [] : entriesOf(onServers)) {
    const url = (started as NonNullable<typeof started>).gateways[0] as string;
    // Anew for each: a token lasts 15 minutes.
    const admin = await signInAdministrator(url);
    const users = await Promise.all(Array.from({ length: 4 }, () => newUser(url, admin, 'Chaos')));
    await run(name, () =>
      one({ product: started as NonNullable<typeof started>, admin, users, hooks, short }),
    );
  }
} finally {
  await (await product?.catch(() => undefined))?.dispose();
  await rm(hooks, { recursive: true });
}
if (broken.length > 0) console.log(`Do not hold: ${broken.join(', ')}`);
if (notShown.length > 0) console.log(`Not shown, for want of a quiet machine: ${notShown.join(', ')}`);
if (broken.length + notShown.length === 0) console.log('All hold.');
process.exit(broken.length + notShown.length === 0 ? 0 : 1);
