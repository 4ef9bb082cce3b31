import type { Metric, Registry } from 'prom-client';
import { type Durations, durationBounds } from './durations.ts';
import { type Exemplar, type RouteStats, statusClasses } from './route-stats.ts';

type Labels = Readonly<Record<string, string | number>>;
type Value = Readonly<{ labels: Labels; value: number; metricName?: string; exemplar?: object }>;
type Kept = Readonly<{
  type: 'counter' | 'gauge' | 'histogram';
  name: string;
  help: string;
  labelNames: readonly string[];
  read: (one: RouteStats) => readonly Value[];
}>;

const ofRoute = ['route', 'service'] as const;
const labelsOf = ({ route, service }: RouteStats): Labels => ({ route, service });

const counter = (name: string, help: string, read: (one: RouteStats) => number): Kept => ({
  ...{ type: 'counter', name, help, labelNames: ofRoute },
  read: (one) => [{ labels: labelsOf(one), value: read(one) }],
});

const histogram = (
  name: string,
  help: string,
  read: (one: RouteStats) => readonly [Durations, RouteStats['exemplars']?],
): Kept => ({
  ...{ type: 'histogram', name, help, labelNames: ofRoute },
  read: (one) => toHistogram(name, labelsOf(one), ...read(one)),
});

const kept: readonly Kept[] = [
  {
    ...{ type: 'counter', name: 'gateway_requests_total', labelNames: [...ofRoute, 'status'] },
    help: 'Requests that have ended, by class of status',
    read: (one) =>
      statusClasses.flatMap((status, index) => {
        const value = one.answers[index] as number;
        return value === 0 ? [] : [{ labels: { ...labelsOf(one), status }, value }];
      }),
  },
  histogram(
    'gateway_request_duration_seconds',
    'Time from the head of a request to the end of its answer',
    (one) => [one.total, one.exemplars],
  ),
  histogram(
    'gateway_upstream_duration_seconds',
    'Time that services took for a request, all tries together',
    (one) => [one.upstream],
  ),
  histogram(
    'gateway_own_duration_seconds',
    'Time of a request in which no service had it: checks, waits between tries, a client that is slow to read',
    (one) => [one.own],
  ),
  {
    ...{ type: 'gauge', name: 'gateway_requests_in_flight', labelNames: ofRoute },
    help: 'Requests of a route that have not ended, open upgrades left out; by its own service, whoever gets them',
    read: (one) => [{ labels: labelsOf(one), value: one.inFlight }],
  },
  counter('gateway_retries_total', 'Requests sent again', (one) => one.retries),
  counter('gateway_client_gone_total', 'Clients that hung up before their answer', (one) => one.clientsGone),
];

/**
 * What the routes counted, as prom-client wants it. Its own histograms and counters look labels up and make an object for
 * each request; these are made when somebody asks.
 */
export const addStatsMetrics = (registry: Registry, stats: () => Iterable<RouteStats>): void => {
  for (const { type, name, help, labelNames, read } of kept) {
    const get = async () => ({ name, help, type, aggregator: 'sum', values: [...stats()].flatMap(read) });
    registry.registerMetric({ name, help, type, labelNames, get } as unknown as Metric);
  }
};

const toHistogram = (
  name: string,
  labels: Labels,
  { counts, sumMs }: Durations,
  exemplars: RouteStats['exemplars'] = [],
): Value[] => {
  let below = 0;
  const buckets = Array.from(counts, (count, index): Value => {
    below += count;
    return {
      labels: { le: durationBounds[index] ?? '+Inf', ...labels },
      value: below,
      metricName: `${name}_bucket`,
      ...toExemplar(exemplars[index]),
    };
  });
  return [
    ...buckets,
    { labels, value: sumMs / 1000, metricName: `${name}_sum` },
    { labels, value: below, metricName: `${name}_count` },
  ];
};

const toExemplar = (exemplar: Exemplar | undefined): Pick<Value, 'exemplar'> =>
  exemplar === undefined
    ? {}
    : {
        exemplar: {
          labelSet: { trace_id: exemplar.traceId },
          value: exemplar.seconds,
          timestamp: exemplar.atSeconds,
        },
      };
