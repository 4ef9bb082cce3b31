import type { Clock } from '@gatehouse/resilience';
import { instanceOrigin } from '../instance-origin.ts';
import type { Instance } from '../registry.ts';

/** The healthy instances of a service as we believe them. */
export type KnownInstances = Readonly<{
  /** The same array until something changes. */
  list(): readonly Instance[];
  /** The registry failed or lost its memory: what it says next may be less than the truth. */
  doubt(): void;
  /** Takes what the registry says; true when the list is another one now. */
  take(healthy: readonly Instance[]): boolean;
  /** How long until an instance that is kept in doubt has to go; undefined when there is none. */
  keptForMs(): number | undefined;
}>;

/** Longer than instances need to register again with an empty registry, and to be checked twice. */
export const settleMs = 15_000;

/**
 * A registry that comes back empty (its data lost), or with every check at critical until it is made again, would take all
 * instances out at once although none is down. So for 15 s after its first answer it may add and move instances but takes
 * none out; who really died meanwhile is found by those who dial it (passive health). In quiet times its word counts at once.
 */
export const createKnownInstances = (clock: Clock, initial: readonly Instance[] = []): KnownInstances => {
  let known = initial;
  let doubted = false;
  let settledAt = 0;
  const missingSince = new Map<string, number>();

  const isKept = (instance: Instance, now: number): boolean => {
    const since = missingSince.get(instance.id) ?? now;
    if (now >= settledAt || now - since >= settleMs) return false;
    missingSince.set(instance.id, since);
    return true;
  };

  return {
    list: () => known,
    doubt: () => {
      doubted = true;
    },
    take: (healthy) => {
      const now = clock.monotonic();
      if (doubted) settledAt = now + settleMs;
      doubted = false;
      for (const { id } of healthy) missingSince.delete(id);
      const taken = new Set(healthy.flatMap((instance) => [instance.id, instanceOrigin(instance)]));
      const kept = known.filter(
        (one) => !taken.has(one.id) && !taken.has(instanceOrigin(one)) && isKept(one, now),
      );
      const before = new Map(known.map((one) => [one.id, one]));
      const after = [...healthy, ...kept]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((one) => sameAs(one, before.get(one.id)));
      const ids = new Set(after.map(({ id }) => id));
      for (const id of missingSince.keys()) if (!ids.has(id)) missingSince.delete(id);
      if (after.length === known.length && after.every((one, at) => one === known[at])) return false;
      known = after;
      return true;
    },
    keptForMs: () => {
      if (missingSince.size === 0) return undefined;
      const goesAt = Math.min(settledAt, ...[...missingSince.values()].map((since) => since + settleMs));
      return Math.max(1, goesAt - clock.monotonic());
    },
  };
};

const sameAs = (fresh: Instance, before: Instance | undefined): Instance =>
  before !== undefined && JSON.stringify(fresh) === JSON.stringify(before) ? before : fresh;
