import { type Balancer, type BalancerOptions, createBalancer, type Instance } from '@gatehouse/registry';
import { availableOf } from './health/availability.ts';
import type { UpstreamInstance } from './upstream-instance.ts';

/** Some of the instances of a service: all of them, or those of some versions. */
export type InstanceSelection = Readonly<{
  /**
   * An instance that may get requests, by the balancer's strategy; with `tried` (their ids) one that is not among them.
   * Requests of the same `key` go to the same one as long as it can take them.
   */
  pick(tried: readonly string[] | undefined, key?: string): UpstreamInstance | undefined;
  hasOther(tried: readonly string[]): boolean;
}>;

/** What a selection is made from. `revision` grows whenever anything of it is another. */
export type SelectionSource = {
  revision: number;
  listed: readonly UpstreamInstance[];
  panicBelow: number;
  balancing: BalancerOptions;
};

/** Its list is made anew at the first pick after a change: a pick costs the same however many instances there are. */
export const createSelection = (
  source: SelectionSource,
  includes?: (instance: Instance) => boolean,
): InstanceSelection => {
  let madeAt = -1;
  let madeFor: BalancerOptions | undefined;
  let balancer: Balancer<UpstreamInstance>;
  let available: readonly UpstreamInstance[] = [];

  const refresh = (): void => {
    const { listed, panicBelow, balancing } = source;
    if (madeFor !== balancing) balancer = createBalancer(balancing);
    madeFor = balancing;
    madeAt = source.revision;
    const own = includes === undefined ? listed : listed.filter(({ instance }) => includes(instance));
    available = availableOf(own, panicBelow).instances;
    balancer.use(available);
  };

  return {
    pick: (tried, key) => {
      if (madeAt !== source.revision) refresh();
      return tried === undefined ? balancer.pick(key) : balancer.pickOther(tried, key);
    },
    hasOther: (tried) => {
      if (madeAt !== source.revision) refresh();
      return available.some(({ id }) => !tried.includes(id));
    },
  };
};
