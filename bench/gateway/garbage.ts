import { readFileSync, statSync } from 'node:fs';
import { checkContender } from './check.ts';
import { type Collections, readCollections } from './collections.ts';
import type { Contender } from './contenders.ts';
import { sendLoad } from './load.ts';
import type { Options } from './options.ts';
import { otherCpu, type Site } from './site.ts';

/**
 * What each request leaves to the garbage collector, for the contenders that are Node programs. Unlike times, these figures
 * hardly depend on what else the machine does.
 */
export const measureGarbage = async (
  running: readonly Contender[],
  site: Site,
  options: Options,
): Promise<string> => {
  const lines = ['allocated  survived young  paused   requests a'];
  lines.push(' a request     collections   for µs  collection');
  for (const contender of running.filter(({ isNode }) => isNode)) {
    const { requests, collections } = await measure(contender, site, options);
    lines.push(toLine(contender.name, requests, collections));
  }
  return lines.join('\n');
};

const measure = async (contender: Contender, site: Site, options: Options) => {
  const started = await contender.start(site, ['--trace-gc-nvp']);
  const [log = ''] = contender.logs(site);
  const load = { wrk: site.tools.wrk, cpu: otherCpu, requestsFile: site.requestsFile };
  const port = started.ports.http as number;
  let from: number;
  let requests: number;
  try {
    await checkContender(contender, started, site);
    await sendLoad(load, port, options.warmUpSeconds);
    from = statSync(log).size;
    ({ requests } = await sendLoad(load, port, options.seconds));
  } finally {
    await started.stop(); // also writes out what its output holds back
  }
  return { requests, collections: readCollections(readFileSync(log).subarray(from).toString('latin1')) };
};

const toLine = (name: string, requests: number, all: Collections): string =>
  [
    String(Math.round(all.allocated / requests)).padStart(10),
    String(Math.round(all.survived / requests)).padStart(15),
    ((all.pausedMs * 1000) / requests).toFixed(2).padStart(8),
    String(Math.round(requests / Math.max(1, all.young))).padStart(11),
    `  ${name} (${requests} requests, ${all.young} young and ${all.others} other collections)`,
  ].join('');
