import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkContender } from './check.ts';
import { contenders } from './contenders.ts';
import { sendLoad } from './load.ts';
import type { Options } from './options.ts';
import { otherCpu, type Site } from './site.ts';
import { type CpuProfile, topFunctions } from './top-functions.ts';

const shown = 25;

/** Loads our gateway under `node --cpu-prof` and says where the time under load went; warm-up and start are left out. */
export const profileGateway = async (site: Site, options: Options): Promise<string> => {
  const contender = contenders.find(({ name }) => name === (options.only?.[0] ?? 'gatehouse'));
  if (contender === undefined) throw new Error(`There is no contender ${options.only?.[0]}.`);
  const folder = join(site.folder, 'profile');
  const started = await contender.start(site, ['--cpu-prof', '--cpu-prof-dir', folder]);
  const load = { wrk: site.tools.wrk, cpu: otherCpu, requestsFile: site.requestsFile };
  let fromUs: number;
  let toUs: number;
  let requests: number;
  try {
    await checkContender(contender, started, site);
    const port = started.ports.http as number;
    await sendLoad(load, port, options.warmUpSeconds);
    fromUs = monotonicUs();
    ({ requests } = await sendLoad(load, port, options.seconds));
    toUs = monotonicUs();
  } finally {
    await started.stop();
  }

  const [file] = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error('The gateway left no profile.');
  const kept = resolve(options.profileFile);
  copyFileSync(join(folder, file), kept);
  const profile = JSON.parse(readFileSync(kept, 'utf8')) as CpuProfile;
  const functions = topFunctions(profile, fromUs, toUs);
  const lines = functions.slice(0, shown).map(({ place, selfUs, share }) => {
    const cells = [(share * 100).toFixed(1).padStart(6), (selfUs / requests).toFixed(2).padStart(8)];
    return `${cells.join(' %  ')} µs  ${place}`;
  });
  return [`  share   a request  function (${requests} requests)`, ...lines, '', `Kept in ${kept}`].join('\n');
};

/** The clock that V8's profiles are in. */
const monotonicUs = (): number => Number(process.hrtime.bigint() / 1000n);
