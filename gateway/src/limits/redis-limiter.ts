import { randomUUID } from 'node:crypto';
import type { Clock } from '@gatehouse/resilience';
import type { Logger } from 'pino';
import { createMemoryLimiter } from './memory-limiter.ts';
import { createRedisCounters } from './redis/redis-counters.ts';
import { createSharedLimiter, type SharedLimiter, type SharedLimiterBounds } from './shared-limiter.ts';

export type RedisLimiterOptions = Readonly<{
  /** `redis://[user:password@]host:port[/database]`, `rediss://` for TLS. Its password is never logged. */
  url: string;
  clock: Clock;
  logger: Pick<Logger, 'info' | 'warn'>;
  random?: () => number;
  bounds?: Partial<SharedLimiterBounds>;
}>;

/**
 * A limiter that counts in Redis together with all gateways that use the same one. It connects by itself, for ever;
 * until it has, and whenever Redis is away, this gateway counts its share alone. Says so in the log, once each time.
 */
export const createRedisLimiter = (options: RedisLimiterOptions): SharedLimiter => {
  const { url, clock, logger, random = Math.random, bounds = {} } = options;
  const redis = new URL(url).host;

  return createSharedLimiter({
    connect: (events) => createRedisCounters({ url, id: randomUUID(), random }, events),
    local: createMemoryLimiter({ clock }),
    clock,
    bounds,
    onChange: (change) => {
      if (change.mode === 'shared')
        logger.info({ redis, gateways: change.gateways }, 'requests are counted in Redis');
      else logger.warn({ redis, ...change }, 'Redis is away: this gateway counts its share alone');
    },
  });
};
