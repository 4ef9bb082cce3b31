import { Counter, Gauge, type Registry } from 'prom-client';
import type { CacheReport } from './cache-store.ts';
import type { CacheOutcome } from './kept-answer-sink.ts';

/** What a route counts of answers that are not its service's own. Made when the route is built, so that a request looks nothing up. */
type RouteAnswerCounts = Readonly<{
  cache: (outcome: CacheOutcome) => void;
  collapsed: () => void;
  fallback: (kind: 'static' | 'service') => void;
}>;

export type CacheMetrics = Readonly<{ forRoute(route: string): RouteAnswerCounts }>;

export type CacheMetricsDeps = Readonly<{ store: () => CacheReport; waiting: () => number }>;

const modes = ['memory', 'shared', 'away'] as const;

/** Labels are names of routes and words from here: their number is bounded by the configuration. */
export const createCacheMetrics = (
  registers: Registry[],
  { store, waiting }: CacheMetricsDeps,
): CacheMetrics => {
  const cached = new Counter({
    name: 'gateway_cache_requests_total',
    help: 'Requests of routes with a cache: hit, miss, confirmed (304 of the service), stale (instead of a failure), bypass',
    labelNames: ['route', 'result'],
    registers,
  });
  const collapsed = new Counter({
    name: 'gateway_coalesced_total',
    help: 'Requests that were answered by what another had asked for',
    labelNames: ['route'],
    registers,
  });
  const fallbacks = new Counter({
    name: 'gateway_fallbacks_total',
    help: 'Requests that were answered instead of a service that could not',
    labelNames: ['route', 'kind'],
    registers,
  });
  new Gauge({
    name: 'gateway_cache_bytes',
    help: 'What the stored answers take; in Redis: those of all gateways, when this one last kept one',
    registers,
    collect() {
      this.set(store().bytes);
    },
  });
  new Gauge({
    name: 'gateway_cache_mode',
    help: '1 for where answers are kept: memory (no Redis set), shared (in Redis), away (Redis is away: nothing is kept)',
    labelNames: ['mode'],
    registers,
    collect() {
      const { mode } = store();
      for (const known of modes) this.set({ mode: known }, known === mode ? 1 : 0);
    },
  });

  new Gauge({
    name: 'gateway_coalesce_waiting',
    help: 'Requests that wait for what another has asked for',
    registers,
    collect() {
      this.set(waiting());
    },
  });

  return {
    forRoute: (route) => ({
      cache: (result) => cached.inc({ route, result }),
      collapsed: () => collapsed.inc({ route }),
      fallback: (kind) => fallbacks.inc({ route, kind }),
    }),
  };
};
