import { z } from 'zod';
import { headerName, name, parameterName, text } from './names.ts';
import { byteSize, duration } from './quantities.ts';

/** At most `limit` requests in any `window`, refilled evenly. Routes whose limits share a name share the count. */
export const rateLimit = z
  .strictObject({
    name: name.optional(),
    limit: z.int().min(1).max(1_000_000),
    window: duration,
    by: z.enum(['principal', 'api-key', 'ip', 'route', 'header']).default('principal'),
    header: headerName.optional(),
  })
  .refine((limit) => (limit.by === 'header') === (limit.header !== undefined), {
    error: '`by: header` goes together with `header: <name>`',
  });

/** How often a request may be sent again. */
export const attempts = z.int().min(0).max(5);

/** As a browser sends it, since it is compared as it is: no wildcard, no path, lower case, no port that goes without saying. */
const origin = z
  .string()
  .refine(
    (text) => /^https?:\/\/[a-z0-9.:[\]-]+$/.test(text) && URL.parse(text)?.origin === text,
    'Expected an origin like https://example.org',
  );

/** What a browser client of this API sends beyond what any page may. */
const clientHeaders = [
  ...['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match'],
  ...['accept-version', 'x-request-id', 'traceparent'],
];

export const cors = z.strictObject({
  origins: z.array(origin).min(1),
  headers: z.array(headerName).default(clientHeaders),
  credentials: z.boolean().default(false),
  maxAge: duration.default(600_000),
});

/** Answers to GETs that are kept. What the service's `Cache-Control` says decides; `{}` turns it on. */
export const cache = z.strictObject({
  /** How long an answer that says nothing about it is fresh. */
  ttl: duration.optional(),
  /** How long after that it may stand in while the service fails. */
  staleIfError: duration.optional(),
  /** Of one answer; larger ones are not kept. */
  maxBytes: byteSize.prefault('1mb'),
  /** Request headers that answers differ by although their `Vary` does not say so. */
  vary: z.array(headerName.toLowerCase()).max(8).default([]),
});

/** `true`: answers of 1 KiB and more. */
export const compression = z.union([z.boolean(), z.strictObject({ min: byteSize })], {
  error: 'Expected true, false or { min: 1kb }',
});

const staticAnswer = z.strictObject({
  status: z.int().min(200).max(599),
  body: z.string().max(65_536),
  contentType: text.default('application/json'),
});

/** What answers while the service cannot. */
export const fallback = z
  .strictObject({
    static: staticAnswer.optional(),
    stale: z.literal(true).optional(),
    service: name.optional(),
  })
  .refine((one) => Object.values(one).filter((value) => value !== undefined).length === 1, {
    error: 'Expected one of `static`, `stale: true` and `service`',
  });

/** What the balancer `consistent-hash` tells requests apart by. */
export const hash = z
  .strictObject({
    header: headerName.toLowerCase().optional(),
    cookie: parameterName.optional(),
    query: parameterName.optional(),
    principal: z.literal(true).optional(),
  })
  .refine((one) => Object.values(one).filter((value) => value !== undefined).length === 1, {
    error: 'Expected one of `header`, `cookie`, `query` and `principal: true`',
  });

export const priority = z.enum(['high', 'normal', 'low']);

export type RateLimitConfig = z.output<typeof rateLimit>;
export type CorsConfig = z.output<typeof cors>;

export type CompressionConfig = z.output<typeof compression>;
export type FallbackConfig = z.output<typeof fallback>;
export type HashConfig = z.output<typeof hash>;
export type Priority = z.output<typeof priority>;
