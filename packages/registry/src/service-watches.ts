import type { Clock } from '@gatehouse/resilience';
import type { Instance, Registry, ServiceWatch } from './registry.ts';

/** Watches of the services that were asked for, opened at the first question. */
export type ServiceWatches = Readonly<{
  /** The healthy instances; the first time, waits up to `patienceMs` for the registry's first answer. */
  instancesOf(service: string, patienceMs: number): Promise<readonly Instance[]>;
  close(): void;
}>;

type Watched = Readonly<{ watch: ServiceWatch; answered: Promise<void> }>;

export const createServiceWatches = (registry: Registry, clock: Clock): ServiceWatches => {
  const watched = new Map<string, Watched>();

  const open = (service: string): Watched => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const opened = { watch: registry.watch(service, () => resolve()), answered: promise };
    watched.set(service, opened);
    return opened;
  };

  const patiently = async (answered: Promise<void>, patienceMs: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.schedule(patienceMs, resolve);
    await Promise.race([answered, promise]);
    cancel();
  };

  return {
    instancesOf: async (service, patienceMs) => {
      const { watch, answered } = watched.get(service) ?? open(service);
      if (watch.updatedAt() === undefined) await patiently(answered, patienceMs);
      return watch.instances();
    },
    close: () => {
      for (const { watch } of watched.values()) watch.close();
      watched.clear();
    },
  };
};
