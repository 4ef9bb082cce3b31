import type { Clock } from '@gatehouse/resilience';
import type { Logger } from 'pino';
import { createRedisAnswers } from './redis/redis-answers.ts';
import { createSharedStore, type SharedStoreBounds } from './shared-store.ts';

export type RedisStoreOptions = Readonly<{
  /** `redis://[user:password@]host:port[/database]`, `rediss://` for TLS. Its password is never logged. */
  url: string;
  clock: Clock;
  logger: Pick<Logger, 'info' | 'warn'>;
  /** Of all answers of all gateways together. */
  maxBytes: () => number;
  maxVariants?: number;
  maxEntries?: number;
  random?: () => number;
  bounds?: Partial<SharedStoreBounds>;
}>;

/**
 * Keeps answers in Redis, for all gateways that use the same one. It connects by itself, for ever; until it has, and
 * whenever Redis is away, nothing is found or kept. Says so in the log, once each time.
 */
export const createRedisStore = (options: RedisStoreOptions) => {
  const { url, clock, logger, maxBytes, random = Math.random, bounds = {} } = options;
  const { maxVariants = 16, maxEntries = 1000 } = options;
  const redis = new URL(url).host;

  return createSharedStore({
    connect: (events) => createRedisAnswers({ url, random, maxBytes, maxVariants, maxEntries }, events),
    clock,
    bounds,
    onChange: (change) => {
      if (change.mode === 'shared') logger.info({ redis }, 'answers are kept in Redis');
      else logger.warn({ redis, cause: change.cause }, 'Redis is away: no answers are kept');
    },
  });
};
