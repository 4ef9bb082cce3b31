import { systemClock } from '@gatehouse/resilience';
import { captureLogger } from '@gatehouse/testing';
import { onTestFinished } from 'vitest';
import { createRedisLimiter } from './redis-limiter.ts';
import type { SharedLimiterBounds } from './shared-limiter.ts';

/** Where the count matters, not the time: on a machine that is busy with other tests. */
const patient = { answerMs: 30_000, startMs: 30_000 };

/** A limiter that is closed with the test; has tried to reach Redis. */
export const startRedisLimiter = async (url: string, bounds: Partial<SharedLimiterBounds> = patient) => {
  const logger = captureLogger();
  const limiter = createRedisLimiter({ url, clock: systemClock, logger, bounds });
  onTestFinished(limiter.close);
  await limiter.started();
  return { limiter, logger };
};
