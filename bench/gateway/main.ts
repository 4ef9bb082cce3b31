import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { compareContenders } from './compare.ts';
import { type Contender, cannotRun, contenders } from './contenders.ts';
import { findTools } from './find-tools.ts';
import { measureGarbage } from './garbage.ts';
import { measureGrowth } from './growth.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { stopEverything } from './processes.ts';
import { profileGateway } from './profile.ts';
import { openSite, type Site } from './site.ts';
import { summarise, toTable } from './summary.ts';

const choose = (site: Site, only: Options['only']): readonly Contender[] => {
  const unknown = (only ?? []).filter((name) => !contenders.some((contender) => contender.name === name));
  if (unknown.length > 0) {
    const known = contenders.map(({ name }) => name).join(', ');
    throw new Error(`There is no contender ${unknown.join(', ')}. There are: ${known}.`);
  }
  return contenders.filter((contender) => {
    if (only !== undefined && !only.includes(contender.name)) return false;
    const reason = cannotRun(contender, site);
    if (reason !== undefined) console.error(`LEFT OUT: ${contender.name}: ${reason}.`);
    return reason === undefined;
  });
};

const dependencies = (): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).dependencies;

const run = async (options: Options): Promise<void> => {
  const tools = findTools();
  await using opened = new AsyncDisposableStack();
  // One signal ends everything in order; a second one at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(1));
      void stopEverything()
        .then(() => opened.disposeAsync())
        .finally(() => process.exit(1));
    });
  }
  const site = await openSite(tools, opened);
  if (options.profile) {
    console.log(await profileGateway(site, options));
    return;
  }
  if (options.garbage) {
    console.log(await measureGarbage(choose(site, options.only), site, options));
    return;
  }
  if (options.growth) {
    console.log(await measureGrowth(site, options));
    return;
  }
  const startedAt = new Date();
  const rows = summarise(await compareContenders(choose(site, options.only), site, options));
  console.log(`\n${toTable(rows)}\n`);
  console.log(
    '† fewer than three clean slices; ‡ none: the figures are those of disturbed slices, too high.\n',
  );
  const machine = {
    ...{ cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), node: process.version },
    loadAverage: loadavg(),
  };
  const {
    only: _only,
    jsonFile,
    profile: _profile,
    profileFile: _file,
    garbage: _garbage,
    growth: _growth,
    ...settings
  } = options;
  const result = JSON.stringify({
    startedAt,
    endedAt: new Date(),
    machine,
    dependencies: dependencies(),
    settings,
    rows,
  });
  console.log(result);
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${result}\n`);
};

try {
  if (process.argv.includes('--help')) console.log(usage);
  else await run(parseOptions(process.argv.slice(2)));
} catch (error) {
  console.error(`\n${(error as Error).message}`);
  process.exitCode = 1;
}
