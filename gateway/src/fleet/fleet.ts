import type { BreakerReport } from '@gatehouse/resilience';
import type { ReloadReport } from '../config/config-reloads.ts';
import type { GatewayInspection, RateLimitReport } from '../inspection.ts';
import type { OtherGateways, Said } from './other-gateways.ts';

/** Beside what this gateway says: the others that were asked, and those that refused or could not be reached. */
export type FleetMeta = Readonly<{
  gateways: readonly string[];
  refused: Said<unknown>['refused'];
  unavailable: Said<unknown>['unavailable'];
}>;

type Told<T> = Readonly<{ data: T; meta: FleetMeta }>;

/**
 * All gateways as an operator sees them. What is done is done here first, and only if that works by the others; what is asked
 * is asked of all at once. A gateway that cannot be reached is named, and changes nothing for the others.
 */
export type Fleet = Readonly<{
  breakers(): Promise<Told<readonly (BreakerReport & Readonly<{ gateway: string }>)[]>>;
  setBreaker(name: string, mode: 'open' | 'closed' | 'auto'): Promise<Told<BreakerReport>>;
  /** A counter that several keep is told once, with the least that is left. */
  rateLimits(): Promise<Told<readonly RateLimitReport[]>>;
  /** Whether any of them had it. */
  clearRateLimit(key: string): Promise<Told<boolean>>;
  reload(): Promise<Told<ReloadReport>>;
}>;

export const createFleet = (inspection: GatewayInspection, others: OtherGateways): Fleet => {
  const metaOf = ({ results, refused, unavailable }: Said<unknown>): FleetMeta => ({
    gateways: [others.id, ...results.map(({ gateway }) => gateway)].sort(),
    refused,
    unavailable,
  });

  return {
    breakers: async () => {
      const said = await others.ask({ kind: 'list-breakers' });
      const all = [{ gateway: others.id, result: inspection.breakers() }, ...said.results];
      return {
        data: all.flatMap(({ gateway, result }) => result.map((breaker) => ({ ...breaker, gateway }))),
        meta: metaOf(said),
      };
    },
    setBreaker: async (name, mode) => {
      const data = inspection.setBreaker(name, mode);
      return { data, meta: metaOf(await others.ask({ kind: 'set-breaker', name, mode })) };
    },
    rateLimits: async () => {
      const said = await others.ask({ kind: 'list-rate-limits' });
      const all = [...inspection.rateLimits(), ...said.results.flatMap(({ result }) => result)];
      return { data: mergeCounters(all), meta: metaOf(said) };
    },
    clearRateLimit: async (key) => {
      const own = await inspection.clearRateLimit(key);
      const said = await others.ask({ kind: 'clear-rate-limit', key });
      return { data: own || said.results.some(({ result }) => result), meta: metaOf(said) };
    },
    reload: async () => {
      const data = await inspection.reload('operator');
      return { data, meta: metaOf(await others.ask({ kind: 'reload' })) };
    },
  };
};

const mergeCounters = (counters: readonly RateLimitReport[]): readonly RateLimitReport[] => {
  const byKey = new Map<string, RateLimitReport>();
  for (const counter of counters) {
    const known = byKey.get(counter.key);
    if (known === undefined || counter.remaining < known.remaining) byKey.set(counter.key, counter);
  }
  return [...byKey.values()];
};
