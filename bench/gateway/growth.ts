import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, gatehouseWith } from './contenders.ts';
import { sendLoad, writeRequests } from './load.ts';
import type { Options } from './options.ts';
import { createPatience } from './patience.ts';
import { gatewayYaml } from './routes.ts';
import { otherCpu, type Site } from './site.ts';
import { measureSlice } from './slice.ts';
import { median } from './summary.ts';

/** The same gateway with little and with much of one thing. */
type Growth = Readonly<{ of: string; few: number; many: number; at: (amount: number) => Circumstances }>;

type Circumstances = Readonly<{
  routes: number;
  instances: number;
  /** Client addresses that the limiter knows; undefined: all requests come from one, and users are counted. */
  clients?: number;
}>;

const growths: readonly Growth[] = [
  { of: 'routes', few: 10, many: 1000, at: (routes) => ({ routes, instances: 2 }) },
  { of: 'instances', few: 2, many: 200, at: (instances) => ({ routes: 100, instances }) },
  {
    ...{ of: 'clients known to the limiter', few: 10, many: 1_000_000 },
    at: (clients) => ({ routes: 100, instances: 2, clients }),
  },
];

/** What a request may cost with much, beside what it costs with little. */
const allowed = 1.15;

/**
 * Whether a request costs more with more routes, instances or clients. Few and many are measured side by side in each round;
 * the figure is the median of the rounds' ratios.
 */
export const measureGrowth = async (site: Site, options: Options): Promise<string> => {
  const lines = [`of                              from        to    ratio (rounds)   at most ${allowed}`];
  for (const growth of growths) {
    const ratios: number[] = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      const few = await measure(growth, growth.few, { site, options, round });
      const many = await measure(growth, growth.many, { site, options, round });
      ratios.push(many / few);
    }
    const ratio = median(ratios);
    const rounds = ratios.map((each) => each.toFixed(2)).join(' ');
    lines.push(
      `${growth.of.padEnd(28)} ${String(growth.few).padStart(7)} ${String(growth.many).padStart(9)}     ${ratio.toFixed(2)} (${rounds})   ${ratio <= allowed ? 'HOLDS' : 'FAILS'}`,
    );
  }
  return lines.join('\n');
};

type Turn = Readonly<{ site: Site; options: Options; round: number }>;

/** CPU microseconds of a request: of the clean slice, or of the least disturbed of its tries. */
const measure = async (growth: Growth, amount: number, { site, options, round }: Turn): Promise<number> => {
  const { contender, place, warmUpSeconds } = arrange(growth.at(amount), site, options);
  const patience = createPatience({ bounds: options.bounds, limitMs: options.patienceSeconds * 1000 });
  const started = await contender.start(place);
  let best = Number.POSITIVE_INFINITY;
  try {
    const load = {
      wrk: site.tools.wrk,
      cpu: otherCpu,
      requestsFile: place.requestsFile,
      clients: place.clients,
    };
    await sendLoad(load, started.ports.http as number, warmUpSeconds);
    for (let attempt = 0; attempt < options.tries; attempt += 1) {
      await patience.waitForQuiet();
      const { seconds, bounds } = options;
      const slice = await measureSlice({ contender, started, site: place, round, seconds, bounds });
      console.error(
        `round ${round}  ${amount} ${growth.of}: ${slice.cpuUs.toFixed(1)} µs  ${slice.clean ? '' : 'disturbed'}`,
      );
      best = slice.clean ? slice.cpuUs : Math.min(best, slice.cpuUs);
      if (slice.clean) break;
    }
  } finally {
    await started.stop();
  }
  return best;
};

/** At least so many requests a second come while the limiter gets to know its clients. */
const slowestPerSecond = 3000;

const arrange = (
  { routes, instances, clients }: Circumstances,
  site: Site,
  options: Options,
): Readonly<{ contender: Contender; place: Site; warmUpSeconds: number }> => {
  const name = `gatehouse-${routes}-${instances}-${clients ?? 'users'}`;
  const configFile = join(site.folder, `${name}.yaml`);
  writeFileSync(configFile, gatewayYaml(routes, clients === undefined ? 'principal' : 'ip'));
  return {
    contender: gatehouseWith(name, {
      INSTANCES: String(instances),
      ...(clients === undefined ? {} : { TRUSTED_PROXIES: '127.0.0.1' }),
    }),
    place: {
      ...site,
      configFile,
      requestsFile: writeRequests(site.folder, site.tokens, routes),
      ...(clients === undefined ? {} : { clients }),
    },
    warmUpSeconds: Math.max(options.warmUpSeconds, Math.ceil((clients ?? 0) / slowestPerSecond)),
  };
};
