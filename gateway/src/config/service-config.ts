import { z } from 'zod';
import { duration, durationOrNone, percent } from './quantities.ts';

const balancers = ['least-connections', 'round-robin', 'random', 'weighted', 'consistent-hash'] as const;

/** When an instance is left alone for a while because of how it answers. */
const ejection = z
  .strictObject({
    /** In a row; a refused connection is enough by itself. */
    failures: z.int().min(1).max(1000).default(5),
    /** How long the first time; doubles each time up to `longest`. */
    first: duration.prefault('1s'),
    longest: duration.prefault('30s'),
    /** At most this part of the instances at once. */
    most: percent.prefault('50%'),
    /** With fewer than this part available, health is ignored. */
    panic: percent.prefault('50%'),
  })
  .refine(({ first, longest }) => first <= longest, { error: '`first` may not be above `longest`' })
  .transform(({ first, longest, ...rest }) => ({ ...rest, firstMs: first, longestMs: longest }));

/** How many requests the service gets at once: found out by how it answers, between `min` and `max`. */
const concurrency = z
  .strictObject({
    adaptive: z.boolean().default(true),
    min: z.int().min(1).max(100_000).default(8),
    /** Without it `maxInFlight`. */
    max: z.int().min(1).max(100_000).optional(),
  })
  .refine(({ min, max }) => max === undefined || min <= max, { error: '`min` may not be above `max`' });

/** The connections to one instance. */
const pools = z.strictObject({
  /** Without it as many as there are requests in flight. */
  connections: z.int().min(1).max(100_000).optional(),
  connectTimeout: duration.prefault('1s'),
  /** How long an idle one is kept; below the 5 s of Node's servers. */
  keepAlive: duration.prefault('4s'),
});

export const serviceSchema = z.strictObject({
  balancer: z.enum(balancers).default('least-connections'),
  /** Requests in flight, all instances together. */
  maxInFlight: z.int().min(1).max(100_000).default(1024),
  /** How long a new instance takes to come to its full share; `0s`: at once. */
  slowStart: durationOrNone.prefault('10s'),
  ejection: ejection.prefault({}),
  concurrency: concurrency.prefault({}),
  pools: pools.prefault({}),
});

/** A service's settings with their defaults. Times in milliseconds, percentages as ratios from 0 to 1. */
export type ServiceConfig = z.output<typeof serviceSchema>;

export const defaultServiceConfig: ServiceConfig = serviceSchema.parse({});
