import semver from 'semver';
import { z } from 'zod';
import { headerName, name, parameterName, text } from './names.ts';

export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const isInternal = (path: string): boolean => path === '/internal' || path.startsWith('/internal/');

const safePath = (pattern: RegExp, expected: string) =>
  z
    .string({ error: expected })
    .regex(pattern, expected)
    .refine((path) => !/\/\.{1,2}(?:\/|$)/.test(path), 'A dot segment is never routed')
    .refine((path) => !isInternal(path), '/internal is never routed from outside');

export const pathPattern = safePath(
  /^(?:\/[A-Za-z0-9._~-]+)+(?:\/\*)?$|^\/\*$/,
  'Expected a path like /api/posts or /api/posts/*',
).refine((path) => path !== '/*', 'A route needs a path of its own: /* would take the whole gateway');

const plainPath = safePath(/^(?:\/[A-Za-z0-9._~-]+)+$|^\/$/, 'Expected a path like / or /v2/posts');

/** `api.example.org`, or `*.example.org` for every name below it (not itself). Ports are no part of it. */
export const hostPattern = z
  .string({ error: 'Expected a host name' })
  .toLowerCase()
  .max(253)
  .regex(
    /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/,
    'Expected a host like api.example.org or *.example.org, without a port',
  );

/** A repeated group that repeats within can take longer than the age of the universe on 256 characters. */
const nestedRepeat = /\([^()]*[*+}][^()]*\)\??[*+{]/;

const regex = z
  .string()
  .max(256)
  .refine((source) => {
    try {
      return new RegExp(source, 'v') instanceof RegExp;
    } catch {
      return false;
    }
  }, 'Expected a regular expression')
  .refine(
    (source) => !nestedRepeat.test(source),
    'A repeated group must not repeat within: it may never end',
  );

const headerCondition = z.union([text, z.strictObject({ regex }), z.strictObject({ present: z.boolean() })], {
  error: 'Expected a value in quotes, { regex: <pattern> } or { present: true }',
});

export const headerConditions = z.record(headerName, headerCondition);
export const queryConditions = z.record(parameterName, text);

/** A semver range; `2` is 2.x.x. */
export const versionRange = text.refine(
  (range) => semver.validRange(range) !== null,
  "Expected a version or range in quotes, like '2', '1.4.x' or '>=2.1 <3'",
);

const splitTarget = z.strictObject({
  /** Without it the route's own. */
  service: name.optional(),
  /** Only instances whose version lies in this range. */
  version: versionRange.optional(),
  /** Its share of the requests is this by the sum of all. 0: only by its canary header. */
  weight: z.int().min(0).max(1000),
  /** A request with this header goes there whatever the weights. */
  canary: z.strictObject({ header: headerName, value: text }).optional(),
});

export const split = z
  .array(splitTarget)
  .min(1)
  .max(16)
  .refine((targets) => targets.some(({ weight }) => weight > 0), 'At least one weight must be above 0');

/** `prefix` takes the place of the route's own path (its `/*` part stays); `path` of the whole path. */
export const rewrite = z
  .strictObject({ prefix: plainPath.optional(), path: plainPath.optional() })
  .refine(({ prefix, path }) => (prefix === undefined) !== (path === undefined), {
    error: 'Expected either `prefix` or `path`',
  });

export type HttpMethod = (typeof methods)[number];
export type HeaderConditions = z.output<typeof headerConditions>;
export type RewriteConfig = z.output<typeof rewrite>;
