import { z } from 'zod';
import { byteSize, duration, percent } from './quantities.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'Expected lower-case letters, digits and dashes');
const headerName = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'Expected the name of a header');

/** At most `limit` requests in any `window`, refilled evenly. Routes whose limits share a name share the count. */
const rateLimit = z
  .strictObject({
    name: name.optional(),
    limit: z.int().min(1).max(1_000_000),
    window: duration,
    by: z.enum(['principal', 'ip', 'header']).default('principal'),
    header: headerName.optional(),
  })
  .refine((limit) => (limit.by === 'header') === (limit.header !== undefined), {
    error: '`by: header` goes together with `header: <name>`',
  });

/** How often a request may be sent again. */
const attempts = z.int().min(0).max(5);

const cors = z.strictObject({
  origins: z
    .array(z.string().regex(/^https?:\/\/[^/\s]+$/, 'Expected an origin like https://example.org'))
    .min(1),
  headers: z.array(headerName).default(['authorization', 'content-type', 'idempotency-key', 'if-match']),
  credentials: z.boolean().default(false),
  maxAge: duration.default(600_000),
});

const pathPattern = z
  .string()
  .regex(/^(?:\/[A-Za-z0-9._~-]+)+(?:\/\*)?$|^\/\*$/, 'Expected a path like /api/posts or /api/posts/*')
  .refine((path) => !/\/\.{1,2}(?:\/|$)/.test(path), 'A dot segment is never routed')
  .refine(
    (path) => path !== '/internal' && !path.startsWith('/internal/'),
    '/internal is never routed from outside',
  )
  .refine((path) => path !== '/*', 'A route needs a path of its own: /* would take the whole gateway');

export const routeSchema = z.strictObject({
  name: name.optional(),
  path: pathPattern,
  methods: z.array(z.enum(methods)).min(1).optional(),
  service: name,
  auth: z.enum(['none', 'optional', 'required']).default('required'),
  roles: z
    .array(z.enum(['user', 'admin']))
    .min(1)
    .optional(),
  scopes: z
    .array(z.string().regex(/^[a-z*-]+:[a-z*-]+$/, 'Expected <resource>:<action>'))
    .min(1)
    .optional(),
  rateLimit: rateLimit.optional(),
  bodyLimit: byteSize.optional(),
  timeout: duration.optional(),
  /** To the headers of the answer, for each try; 2 s, or 6 s where the route waits. */
  tryTimeout: duration.optional(),
  /** Its answers may be slow on purpose, and a 503 of it says nothing about the service's health. */
  waits: z.boolean().default(false),
  /** Requests with an `Idempotency-Key` may be sent again, whatever the method. */
  idempotencyKeys: z.boolean().default(false),
  retries: z.strictObject({ attempts }).optional(),
  cors: cors.optional(),
});

const serviceSchema = z.strictObject({
  balancer: z.enum(['least-connections', 'round-robin', 'random']).default('least-connections'),
  maxInFlight: z.int().min(1).max(100_000).default(1024),
});

const defaultsSchema = z.strictObject({
  timeout: duration.prefault('15s'),
  /** `budget`: retries for each request of a service, over 10 s, beside 10 a second that are always free. */
  retries: z.strictObject({ attempts: attempts.default(2), budget: percent.prefault('20%') }).prefault({}),
  rateLimit: rateLimit.prefault({ name: 'default', limit: 600, window: '60s', by: 'principal' }),
  bodyLimit: byteSize.prefault('1mb'),
  cors: cors.optional(),
});

/** Counted before anything else is done for a request, for each address (IPv6: for each /64). */
const addressLimitSchema = z.strictObject({
  requests: z.int().min(1).default(6000),
  failedCredentials: z.int().min(1).default(20),
  window: duration.prefault('60s'),
});

export const gatewayConfigSchema = z.strictObject({
  defaults: defaultsSchema.prefault({}),
  addressLimit: addressLimitSchema.prefault({}),
  services: z.record(name, serviceSchema).default({}),
  routes: z.array(routeSchema).min(1),
});

export type GatewayConfig = z.output<typeof gatewayConfigSchema>;
export type RouteConfig = GatewayConfig['routes'][number];
export type RateLimitConfig = NonNullable<RouteConfig['rateLimit']>;
export type CorsConfig = NonNullable<RouteConfig['cors']>;
export type ServiceConfig = z.output<typeof serviceSchema>;
export type HttpMethod = (typeof methods)[number];

export const defaultServiceConfig: ServiceConfig = serviceSchema.parse({});
