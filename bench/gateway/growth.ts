import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatehouseWith } from './contenders.ts';
import { writeRequests } from './load.ts';
import type { Options } from './options.ts';
import { createPatience } from './patience.ts';
import { type Entrant, measureRound } from './rounds.ts';
import { gatewayYaml } from './routes.ts';
import type { Site } from './site.ts';
import type { Slice } from './slice.ts';
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
 * Whether a request costs more with more routes, instances or clients. Few and many are measured side by side, slice by slice;
 * the figure is the median of the ratios of all sweeps.
 */
export const measureGrowth = async (site: Site, options: Options): Promise<string> => {
  const patience = createPatience({ bounds: options.bounds, limitMs: options.patienceSeconds * 1000 });
  const lines = [
    `of                              from        to    ratio (quarters, sweeps)   at most ${allowed}`,
  ];
  for (const growth of growths) {
    const entrants = [growth.few, growth.many].map((amount) => arrange(growth.at(amount), site, options));
    const ratios: number[] = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      const [few = [], many = []] = await measureRound(entrants, { round, options, patience });
      ratios.push(...many.map((slices, sweep) => cpuOf(slices) / cpuOf(few[sweep] ?? [])));
    }
    lines.push(toLine(growth, ratios));
  }
  return lines.join('\n');
};

/** CPU microseconds of a request: of the clean slice, or of the least disturbed. */
const cpuOf = (slices: readonly Slice[]): number => {
  const clean = slices.filter((slice) => slice.clean);
  return Math.min(...(clean.length > 0 ? clean : slices).map(({ cpuUs }) => cpuUs));
};

const toLine = (growth: Growth, ratios: readonly number[]): string => {
  const sorted = [...ratios].sort((a, b) => a - b);
  const quarter = (part: number): string => sorted[Math.floor((sorted.length - 1) * part)]?.toFixed(2) ?? '–';
  const ratio = median(ratios);
  return [
    growth.of.padEnd(28),
    String(growth.few).padStart(7),
    String(growth.many).padStart(9),
    `    ${ratio.toFixed(2)} (${quarter(0.25)}–${quarter(0.75)}, ${ratios.length})  `,
    ratio <= allowed ? 'HOLDS' : 'FAILS',
  ].join(' ');
};

/** At least so many requests a second come while the limiter gets to know its clients. */
const slowestPerSecond = 3000;

const arrange = ({ routes, instances, clients }: Circumstances, site: Site, options: Options): Entrant => {
  const name = `gatehouse-${routes}-${instances}-${clients ?? 'users'}`;
  const configFile = join(site.folder, `${name}.yaml`);
  writeFileSync(configFile, gatewayYaml(routes, clients === undefined ? 'principal' : 'ip'));
  return {
    contender: gatehouseWith(name, {
      INSTANCES: String(instances),
      ...(clients === undefined ? {} : { TRUSTED_PROXIES: '127.0.0.1' }),
    }),
    site: {
      ...site,
      configFile,
      requestsFile: writeRequests(site.folder, site.tokens, routes),
      ...(clients === undefined ? {} : { clients }),
    },
    isChecked: false,
    warmUpSeconds: Math.max(options.warmUpSeconds, Math.ceil((clients ?? 0) / slowestPerSecond)),
  };
};
