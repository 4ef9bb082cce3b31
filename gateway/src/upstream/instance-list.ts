import type { Instance } from '@gatehouse/registry';
import type { Clock } from '@gatehouse/resilience';
import type { PassiveHealth } from './health/passive-health.ts';
import { type PoolSettings, UpstreamInstance } from './upstream-instance.ts';

/** The instances that the registry lists, each with its connections for as long as it is listed. */
export type InstanceList = Readonly<{
  /** Takes over what the registry says now; false: nothing is different. */
  follow(healthy: readonly Instance[]): boolean;
  /** The same array until something changes. */
  all(): readonly UpstreamInstance[];
  find(id: string): UpstreamInstance | undefined;
  /** Opens all connections anew, with other settings. */
  reopen(): void;
  /** What is under way ends by itself; only then do the connections go. */
  retire(): void;
  /** Breaks off whatever is under way. */
  close(): Promise<void>;
}>;

export type InstanceListDeps = Readonly<{
  health: Pick<PassiveHealth<UpstreamInstance>, 'failed' | 'refused'>;
  pools: () => PoolSettings;
  clock: Pick<Clock, 'monotonic'>;
}>;

/** Whoever joins others is new and begins slowly; those of a first list, or of one that knows none of the former, are as they are. */
export const createInstanceList = ({ health, pools, clock }: InstanceListDeps): InstanceList => {
  const byId = new Map<string, UpstreamInstance>();
  /** Connections of those that are gone, until what is under way on them has ended. */
  const leaving = new Set<UpstreamInstance['pool']>();
  let all: readonly UpstreamInstance[] = [];
  let followed: readonly Instance[] = [];

  const leave = ({ pool }: UpstreamInstance): void => {
    leaving.add(pool);
    void pool.close().finally(() => leaving.delete(pool));
  };

  const open = (instance: Instance, joins: boolean): UpstreamInstance => {
    const upstream = new UpstreamInstance(instance, pools(), health);
    if (joins) upstream.newSinceMs = clock.monotonic();
    byId.set(instance.id, upstream);
    return upstream;
  };

  const take = (instance: Instance, joins: boolean): UpstreamInstance => {
    const known = byId.get(instance.id);
    const { address, port } = known?.instance ?? {};
    if (known === undefined || address !== instance.address || port !== instance.port) {
      if (known !== undefined) leave(known);
      return open(instance, joins);
    }
    known.describe(instance);
    return known;
  };

  return {
    follow: (healthy) => {
      if (healthy === followed) return false;
      followed = healthy;
      const stays = new Set(healthy.map(({ id }) => id));
      const joins = all.some(({ id }) => stays.has(id));
      const next = healthy.map((instance) => take(instance, joins));
      for (const [id, upstream] of byId) {
        if (stays.has(id)) continue;
        byId.delete(id);
        leave(upstream);
      }
      all = next;
      return true;
    },
    all: () => all,
    find: (id) => byId.get(id),
    reopen: () => {
      for (const upstream of all) {
        leave(upstream);
        upstream.reopen(pools());
      }
    },
    retire: () => {
      all.forEach(leave);
    },
    close: async () => {
      await Promise.all([...all.map(({ pool }) => pool), ...leaving].map((pool) => pool.destroy()));
    },
  };
};
