import { cpus, loadavg, release } from 'node:os';
import { measureAppend } from './append.ts';
import { measureList } from './list.ts';
import { measureLoad } from './load.ts';
import { type Options, type Part, parseOptions, usage } from './options.ts';
import { measureRead } from './read.ts';
import { measureRebuild } from './rebuild.ts';
import { openSite, type Site } from './site.ts';

const measures: Readonly<Record<Part, (site: Site, options: Options) => Promise<string>>> = {
  append: measureAppend,
  read: measureRead,
  load: measureLoad,
  rebuild: measureRebuild,
  list: measureList,
};

const run = async (options: Options): Promise<void> => {
  await using opened = new AsyncDisposableStack();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(1));
      void opened.disposeAsync().finally(() => process.exit(1));
    });
  }
  const site = await openSite(opened);
  const [cpu] = cpus();
  console.log(
    `Node ${process.version}, PostgreSQL ${site.version}, ${cpus().length} x ${cpu?.model}, Linux ${release()}; ` +
      `load ${loadavg()[0]?.toFixed(1)} at the start, ${new Date().toISOString()}\n`,
  );
  for (const part of options.only) console.log(`${await measures[part](site, options)}\n`);
  console.log(`load ${loadavg()[0]?.toFixed(1)} at the end`);
};

if (process.argv.includes('--help')) console.log(usage);
else await run(parseOptions(process.argv.slice(2)));
