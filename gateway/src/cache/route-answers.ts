import type { Clock } from '@gatehouse/resilience';
import type { Registry } from 'prom-client';
import type { RouteSettings } from '../config/route-settings.ts';
import { coalesce } from '../policies/coalesce.ts';
import { createFlights } from '../policies/coalesce-flights.ts';
import { fallback } from '../policies/fallback.ts';
import { compose, type Handler, type Policy } from '../policy.ts';
import { createCacheMetrics } from './cache-metrics.ts';
import type { CacheStore } from './cache-store.ts';
import { forgetOnWrite } from './forget-on-write.ts';
import { longestKeepMs } from './keep-rules.ts';
import { responseCache } from './response-cache.ts';
import { createCacheRules } from './reuse-rules.ts';

export type RouteAnswersDeps = Readonly<{
  /** Called for the first route that keeps answers. */
  openStore: () => CacheStore;
  clock: Clock;
  metrics: Registry;
}>;

type RouteAnswerParts = Readonly<{
  /** A write by this route may be to what another one keeps answers of. */
  forgets: boolean;
  /** Sends a request to the service of `fallback: { service }`. */
  spare: Handler | undefined;
}>;

/** Answers that a route gives without its service: kept ones, another's, a fallback. Lives across reloads. */
export type RouteAnswers = Readonly<{
  /** Costs a route nothing that has none of them. */
  policyFor(route: RouteSettings, parts: RouteAnswerParts): Policy;
  close(): void;
}>;

const asItIs: Policy = (next) => next;

export const createRouteAnswers = ({ openStore, clock, metrics }: RouteAnswersDeps): RouteAnswers => {
  const rules = createCacheRules(clock);
  const flights = createFlights();
  let opened: CacheStore | undefined;
  const store = (): CacheStore => {
    opened ??= openStore();
    return opened;
  };
  const counts = createCacheMetrics([metrics], {
    store: () => opened?.report() ?? { mode: 'memory', bytes: 0 },
    waiting: () => flights.report().followers,
  });

  return {
    policyFor: (route, { forgets, spare }) => {
      const count = counts.forRoute(route.name);
      const reads = route.methods.includes('GET');
      const shared = { route: identityOf(route), vary: varyOf(route) };
      const common = { clock, waits: route.waits, onFallback: count.fallback };

      // Outermost what helps when all else has failed; innermost what looks at the service's own answer.
      return compose(
        fallbackOf(route, spare, common),
        route.coalesce && reads
          ? coalesce({ ...shared, flights, clock, onCollapsed: count.collapsed })
          : asItIs,
        route.cache !== undefined && reads
          ? responseCache({
              ...{ store: store(), rules, now: clock.now, count: count.cache, route: shared.route },
              settings: { ...route.cache, vary: shared.vary, staleIfErrorMs: staleIfErrorOf(route) },
            })
          : asItIs,
        forgets ? forgetOnWrite(store()) : asItIs,
      );
    },
    close: () => opened?.close(),
  };
};

const fallbackOf = (
  { fallback: settings }: RouteSettings,
  spare: Handler | undefined,
  deps: Parameters<typeof fallback>[1],
): Policy => {
  switch (settings?.kind) {
    case 'static':
      return fallback(settings, deps);
    case 'service':
      return spare === undefined ? asItIs : fallback({ ...settings, forward: spare }, deps);
    case 'stale': // the cache's own
    case undefined:
      return asItIs;
  }
};

/** `fallback: { stale: true }`: for as long as anything is kept, where the answer itself does not say. */
const staleIfErrorOf = ({ cache, fallback: settings }: RouteSettings): number =>
  settings?.kind === 'stale' ? longestKeepMs : (cache?.staleIfErrorMs ?? 0);

/** What a route was before a reload must not answer for what it is now. */
const identityOf = ({ name, service, split, rewrite, version }: RouteSettings): string =>
  JSON.stringify([name, service, split, rewrite ?? null, version ?? null]);

/** Whoever asks for a canary gets its answers, and nobody else does. */
const varyOf = ({ cache, split }: RouteSettings): readonly string[] => [
  ...new Set([
    ...(cache?.vary ?? []),
    ...split.flatMap(({ canary }) => (canary === undefined ? [] : [canary.header])),
  ]),
];

/** Whether a path may be one that a route keeps answers of, by the patterns of both. */
export const mayBeKeptBy = (route: RouteSettings, others: readonly RouteSettings[]): boolean =>
  route.methods.some((method) => !['GET', 'HEAD', 'OPTIONS'].includes(method)) &&
  others.some(({ cache, path }) => cache !== undefined && overlap(path, route.path));

const overlap = (one: string, other: string): boolean => covers(one, other) || covers(other, one);

const covers = (pattern: string, other: string): boolean => {
  if (!pattern.endsWith('/*')) return pattern === other;
  const stem = pattern.slice(0, -1);
  return `${other}/`.startsWith(stem);
};
