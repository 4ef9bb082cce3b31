import type { Clock } from '@gatehouse/resilience';
import { type CheckedInstance, createCheckedInstance } from './checked-instance.ts';
import { type FetchHealth, fetchHealthByHttp } from './fetch-health.ts';
import { assertInstance } from './instance-origin.ts';
import type { Instance, Registry } from './registry.ts';

export type InProcessRegistryOptions = Readonly<{
  clock: Clock;
  /** Instead of the HTTP check, for tests. */
  fetchHealth?: FetchHealth;
  /** Does an instance that warns (429) get requests too? */
  includeWarning?: boolean;
}>;

type Listener = (healthy: readonly Instance[]) => void;

/**
 * The registry of the one-process start. Instances are checked over real HTTP as Consul would; `register` resolves after
 * the first check. What it knows is gone with the process, and with it the instances.
 */
export const createInProcessRegistry = ({
  clock,
  fetchHealth = fetchHealthByHttp,
  includeWarning = false,
}: InProcessRegistryOptions): Registry => {
  const registered = new Map<string, CheckedInstance>();
  const healthy = new Map<string, readonly Instance[]>();
  const listeners = new Map<string, Set<Listener>>();

  const isHealthy = (checked: CheckedInstance): boolean =>
    checked.health() === 'passing' || (includeWarning && checked.health() === 'warning');

  const healthyOf = (service: string): readonly Instance[] => healthy.get(service) ?? none;

  const publish = (service: string): void => {
    const before = healthyOf(service);
    const after = [...registered.values()]
      .filter((checked) => checked.instance.service === service && isHealthy(checked))
      .map(({ instance }) => instance);
    if (after.length === before.length && after.every((instance, index) => instance === before[index]))
      return;
    if (after.length === 0) healthy.delete(service);
    else healthy.set(service, after);
    for (const listener of [...(listeners.get(service) ?? [])]) listener(after);
  };

  const listen = (service: string, listener: Listener): (() => void) => {
    const ofService = listeners.get(service) ?? new Set();
    listeners.set(service, ofService.add(listener));
    return () => {
      ofService.delete(listener);
      if (ofService.size === 0) listeners.delete(service);
    };
  };

  const remove = (checked: CheckedInstance): void => {
    if (registered.get(checked.instance.id) !== checked) return;
    registered.delete(checked.instance.id);
    publish(checked.instance.service);
  };

  return {
    register: async (instance, check) => {
      assertInstance(instance);
      const onChange = (): void => publish(instance.service);
      const former = registered.get(instance.id);
      const checked = createCheckedInstance({ instance, check, clock, fetchHealth, onChange });
      registered.set(instance.id, checked);
      if (former !== undefined) {
        void former.stop();
        publish(former.instance.service);
      }
      await checked.firstChecked;
      return {
        deregister: async () => {
          // A check that is under way is not waited for: its finding counts no more.
          void checked.stop();
          remove(checked);
        },
      };
    },

    watch: (service, onChange) => {
      let known = healthyOf(service);
      let open = true;
      const refresh: Listener = (instances) => {
        known = instances;
        onChange?.(instances);
      };
      const unlisten = listen(service, refresh);
      if (known.length > 0) queueMicrotask(() => open && known === healthyOf(service) && onChange?.(known));
      return {
        instances: () => known,
        updatedAt: () => clock.now(),
        close: () => {
          open = false;
          unlisten();
        },
      };
    },

    list: async () => [...registered.values()].map((checked) => checked.report()),

    close: async () => {
      const all = [...registered.values()];
      registered.clear();
      healthy.clear();
      listeners.clear();
      await Promise.all(all.map((checked) => checked.stop()));
    },
  };
};

const none: readonly Instance[] = [];
