import type { Instance, InstanceReport, Registry } from '../registry.ts';
import { registryError } from '../registry-error.ts';
import { createServiceFeed, type ServiceFeed, type ServiceFeedOptions } from './service-feed.ts';

/** One feed for each service that is watched, however many watch it. */
export type Feeds = Readonly<{
  watch: Registry['watch'];
  /** All that watches know, for when the registry cannot be asked. */
  lastKnown(): readonly InstanceReport[];
  close(): void;
}>;

type Listener = (healthy: readonly Instance[]) => void;
type Shared = Readonly<{ feed: ServiceFeed; listeners: Set<Listener> }>;

/** Each holds a connection all the time; the rest of the 64 is for everything else. */
const maxWatchedServices = 48;

export const createFeeds = (o: Omit<ServiceFeedOptions, 'service' | 'onChange'>): Feeds => {
  const open = new Map<string, Shared>();
  let isClosed = false;

  const openFor = (service: string): Shared => {
    if (open.size >= maxWatchedServices)
      throw registryError('too_many_watches', { details: { service, limit: maxWatchedServices } });
    const listeners = new Set<Listener>();
    const onChange: Listener = (healthy) => {
      for (const listener of [...listeners]) tell(listener, healthy);
    };
    const shared = { feed: createServiceFeed({ ...o, service, onChange }), listeners };
    open.set(service, shared);
    if (isClosed) shared.feed.close();
    return shared;
  };

  return {
    watch: (service, onChange) => {
      const shared = open.get(service) ?? openFor(service);
      const { feed, listeners } = shared;
      let known = feed.instances();
      let updatedAt: number | undefined;
      let isOpen = true;
      const refresh: Listener = (healthy) => {
        known = healthy;
        onChange?.(healthy);
      };
      listeners.add(refresh);
      if (feed.updatedAt() !== undefined)
        queueMicrotask(() => isOpen && known === feed.instances() && onChange?.(known));
      return {
        instances: () => known,
        updatedAt: () => (isOpen ? feed.updatedAt() : updatedAt),
        close: () => {
          if (!isOpen) return;
          isOpen = false;
          updatedAt = feed.updatedAt();
          listeners.delete(refresh);
          if (listeners.size > 0 || open.get(service) !== shared) return;
          open.delete(service);
          feed.close();
        },
      };
    },

    lastKnown: () =>
      [...open.values()].flatMap(({ feed }) => {
        const checkedAt = new Date(feed.updatedAt() ?? 0).toISOString();
        const output = `last known at ${checkedAt}: the registry does not answer`;
        return feed.instances().map((one) => ({ ...one, health: 'passing' as const, checkedAt, output }));
      }),

    close: () => {
      isClosed = true;
      for (const { feed } of open.values()) feed.close();
      open.clear();
    },
  };
};

/** A listener that fails is a bug of its own, not of the registry, and must not end the feed. */
const tell = (listener: Listener, healthy: readonly Instance[]): void => {
  try {
    listener(healthy);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
};
