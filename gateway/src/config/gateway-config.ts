import { z } from 'zod';
import { name } from './names.ts';
import { byteSize, duration, percent } from './quantities.ts';
import {
  headerConditions,
  hostPattern,
  methods,
  pathPattern,
  queryConditions,
  rewrite,
  split,
  versionRange,
} from './route-match.ts';
import { attempts, cache, compression, cors, fallback, hash, priority, rateLimit } from './route-policies.ts';
import { serviceSchema } from './service-config.ts';

export const routeSchema = z.strictObject({
  name: name.optional(),
  path: pathPattern,
  methods: z.array(z.enum(methods)).min(1).optional(),
  host: hostPattern.optional(),
  /** All of them must hold. */
  headers: headerConditions.optional(),
  query: queryConditions.optional(),
  /** Taken by requests that ask for such a version (`Accept-Version`, else `?version`), to instances of it. */
  version: versionRange.optional(),
  service: name,
  split: split.optional(),
  rewrite: rewrite.optional(),
  auth: z.enum(['none', 'optional', 'required']).default('required'),
  /** Whether API keys are taken beside tokens; where `auth` is not none they are, unless it says false. */
  apiKeys: z.boolean().optional(),
  roles: z
    .array(z.enum(['user', 'admin']))
    .min(1)
    .optional(),
  scopes: z
    .array(z.string().regex(/^[a-z*-]+:[a-z*-]+$/, 'Expected <resource>:<action>'))
    .min(1)
    .optional(),
  rateLimit: rateLimit.optional(),
  /** Who is served first under overload; without it decided by who calls. */
  priority: priority.optional(),
  bodyLimit: byteSize.optional(),
  timeout: duration.optional(),
  /** To the headers of the answer, for each try; 2 s, or 6 s where the route waits. */
  tryTimeout: duration.optional(),
  /** Its answers may be slow on purpose, and a 503 of it says nothing about the service's health. */
  waits: z.boolean().default(false),
  /** Requests with an `Idempotency-Key` may be sent again, whatever the method. */
  idempotencyKeys: z.boolean().default(false),
  retries: z.strictObject({ attempts }).optional(),
  hash: hash.optional(),
  cors: cors.optional(),
  compression: compression.optional(),
  cache: cache.optional(),
  /** Identical anonymous GETs in flight are sent once. */
  coalesce: z.boolean().default(false),
  fallback: fallback.optional(),
  /** Whether WebSockets may be opened here. */
  upgrade: z.boolean().default(false),
});

export const defaultsSchema = z.strictObject({
  timeout: duration.prefault('15s'),
  /** `budget`: retries for each request of a service, over 10 s, beside 10 a second that are always free. */
  retries: z.strictObject({ attempts: attempts.default(2), budget: percent.prefault('20%') }).prefault({}),
  rateLimit: rateLimit.prefault({ name: 'default', limit: 600, window: '60s', by: 'principal' }),
  bodyLimit: byteSize.prefault('1mb'),
  cors: cors.optional(),
  compression: compression.default(false),
  /** Of all answers that are kept, together. */
  cache: z.strictObject({ maxBytes: byteSize.prefault('64mb') }).prefault({}),
  /** The part of the requests whose spans are recorded where no caller has decided. */
  trace: z.strictObject({ sample: percent.prefault('1%') }).prefault({}),
});

/** Counted before anything else is done for a request, for each address (IPv6: for each /64). */
const addressLimitSchema = z.strictObject({
  requests: z.int().min(1).default(6000),
  failedCredentials: z.int().min(1).default(20),
  window: duration.prefault('60s'),
});

/** Connections that speak WebSocket, of all routes together. */
const upgradesSchema = z.strictObject({
  /** How long no byte may pass either way; not below what it takes to hear of a ping. */
  idle: duration.refine((ms) => ms >= 1000, 'Expected at least 1s').prefault('2m'),
  open: z.int().min(1).max(1_000_000).default(10_000),
  /** Of one signed-in caller, or of one address (IPv6: one /64) that is nobody. */
  openByCaller: z.int().min(1).max(1_000_000).default(100),
});

export const gatewayConfigSchema = z.strictObject({
  defaults: defaultsSchema.prefault({}),
  addressLimit: addressLimitSchema.prefault({}),
  upgrades: upgradesSchema.prefault({}),
  services: z.record(name, serviceSchema).default({}),
  routes: z.array(routeSchema).min(1),
});

export type GatewayConfig = z.output<typeof gatewayConfigSchema>;
export type RouteConfig = GatewayConfig['routes'][number];
export type { HttpMethod } from './route-match.ts';
export type { CorsConfig, RateLimitConfig } from './route-policies.ts';
export { defaultServiceConfig, type ServiceConfig } from './service-config.ts';
