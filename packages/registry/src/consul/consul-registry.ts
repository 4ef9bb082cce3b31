import type { Clock } from '@gatehouse/resilience';
import { type FetchHealth, fetchHealthByHttp } from '../fetch-health.ts';
import type { InstanceReport, Registry } from '../registry.ts';
import { type RegistryLogger, silentLogger } from '../registry-logger.ts';
import { createConsulApi } from './consul-api.ts';
import { createDiskCopy } from './disk-copy.ts';
import { createFeeds } from './feeds.ts';
import { toHealthEntries } from './health-entries.ts';
import { createRegistrations } from './registrations.ts';

export type ConsulRegistryOptions = Readonly<{
  /** `http://127.0.0.1:8500`: of the agent beside this process. */
  address: string;
  /** Needs `service:write` for what is registered here, and to read services and nodes. */
  token?: string;
  clock: Clock;
  /** Where the last known lists are kept for a start without Consul; without it in memory alone. */
  cacheFile?: string;
  logger?: RegistryLogger;
  /** Does an instance that warns (429) get requests too? Default no. */
  includeWarning?: boolean;
  /** How long a blocking query waits, and so how old a list gets while Consul is well; default 30 000. */
  waitMs?: number;
  /** Instead of our own HTTP check before registering, for tests. */
  fetchHealth?: FetchHealth;
  random?: () => number;
}>;

/**
 * The registry of production. Consul down or slow never fails a caller: watches keep the last list they knew, registering
 * goes on until it works, `list` says what is known (and rejects with `registry_unavailable` only when that is nothing).
 * Refused by Consul (a token without rights): `registry_refused` from `register`.
 *
 * @example
 * const registry = createConsulRegistry({ address: 'http://127.0.0.1:8500', clock, cacheFile: '/var/lib/gatehouse/registry.json' });
 */
export const createConsulRegistry = (o: ConsulRegistryOptions): Registry => {
  const { clock, cacheFile: file, logger = silentLogger, random = Math.random } = o;
  const { includeWarning = false, waitMs = 30_000, fetchHealth = fetchHealthByHttp } = o;
  const api = createConsulApi(o);
  const disk = file === undefined ? undefined : createDiskCopy({ file, clock, logger });
  const registrations = createRegistrations({ api, clock, random, fetchHealth, logger });
  const feeds = createFeeds({ api, disk, clock, random, waitMs, includeWarning, logger });

  const askForAll = async (): Promise<readonly InstanceReport[]> => {
    const { signal } = new AbortController();
    const names = (await api.serviceNames()).filter((name) => name !== 'consul');
    const answers = await Promise.all(names.map((name) => api.health(name, { signal })));
    return answers.flatMap(({ entries }) => toHealthEntries(entries).reports);
  };

  return {
    register: registrations.register,
    watch: feeds.watch,
    list: async () => {
      try {
        return await askForAll();
      } catch (error) {
        const lastKnown = feeds.lastKnown();
        if (lastKnown.length === 0) throw error;
        return lastKnown;
      }
    },
    close: async () => {
      feeds.close();
      try {
        await registrations.close();
      } catch (err) {
        logger.warn({ err }, 'not deregistered: Consul finds out by its check');
      } finally {
        api.close();
        await disk?.close();
      }
    },
  };
};
