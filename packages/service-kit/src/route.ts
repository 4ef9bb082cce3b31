import type { Principal, ServicePrincipal } from '@gatehouse/auth';
import type { AnyTx } from '@gatehouse/database';
import type { Deadline } from '@gatehouse/resilience';
import type { z } from 'zod';
import type { Reply } from './reply.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type RoutePattern = `${Method} /${string}`;

/**
 * Who may call. `none`: credentials are not looked at · `optional`: anyone, but broken credentials are 401 · `required`: a
 * user · `verified`: a user with a verified address, else 403 `email_unverified` · `admin` · `service`: another part of
 * Gatehouse, by its service token.
 */
export type Auth = 'none' | 'optional' | 'required' | 'verified' | 'admin' | 'service';

/** The caller as the kind of authentication promises it. */
export type PrincipalFor<A extends Auth> = {
  none: undefined;
  optional: Principal | undefined;
  required: Principal;
  verified: Principal;
  admin: Principal;
  service: ServicePrincipal;
}[A];

/** `'/posts/:id/items/:itemId'` → `{ id: string; itemId: string }`. */
export type PathParams<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Readonly<Record<Name, string>> & PathParams<`/${Rest}`>
  : P extends `${string}:${infer Name}`
    ? Readonly<Record<Name, string>>
    : unknown;

/**
 * Runs `effect` in a transaction. On a route with `idempotent: true` and a request with an `Idempotency-Key`, the answer is
 * kept in that same transaction and a repeat gets it without running the effect: so the whole effect, and its events,
 * belong inside. Without `If-Match`, a `version_conflict` runs it again, 3 times (100 ms × 1.5): it must hold
 * no state of its own between runs. When the deadline passes before the commit, nothing is committed.
 */
export type Once = (effect: (tx: AnyTx) => Promise<Reply>) => Promise<Reply>;

/**
 * Where a request comes from, as far as anyone knows: for counting, never for deciding who somebody is. The address is what
 * the gateway says of its client, else the other end of the connection.
 */
export type Client = Readonly<{ address: string | undefined; userAgent: string | undefined }>;

export type RouteInput<A extends Auth = Auth, Body = unknown, Params = unknown, Query = unknown> = Readonly<{
  body: Body;
  params: Params;
  query: Query;
  principal: PrincipalFor<A>;
  /** The version that `If-Match` names; −1 when it names none that can ever be, so that comparing gives the 412. */
  ifMatch?: number;
  /** As sent; the kit answers 304 by itself. */
  ifNoneMatch?: string;
  requestId: string;
  client: Client;
  once: Once;
  /** Over it the kit has answered 504: hand `deadline.signal` to what can be called off. */
  deadline: Deadline;
}>;

export type RouteOptions<
  A extends Auth = Auth,
  Body extends z.ZodType = z.ZodType,
  Params extends z.ZodType | undefined = z.ZodType | undefined,
  Query extends z.ZodType = z.ZodType,
> = Readonly<{
  auth: A;
  /** One line for the API reference. */
  summary: string;
  /** Use `z.strictObject`: unknown fields are refused. Without a schema, a body that is more than `{}` is refused. */
  body?: Body;
  /** Without one, parameters named `id` or `…Id` must be UUIDs. What does not fit is 404, never 422. */
  params?: Params;
  /** Without one, any query parameter is refused. */
  query?: Query;
  /** `<resource>:<action>`, else 403 `forbidden`. */
  permission?: string;
  /** Takes `Idempotency-Key`; needs a caller (`auth` neither `none` nor `optional`) and a handler that uses `once`. */
  idempotent?: boolean;
  /** Group in the API reference; the service's name unless given. */
  tag?: string;
  /** Schemas of `data` by status, for the API reference alone. */
  responses?: Readonly<Record<number, z.ZodType>>;
  /** Bytes; 1 MiB unless given. */
  bodyLimit?: number;
}>;

/** A route as a value: mounted by the kit, listed in OpenAPI, called in a test through `handle` without a socket. */
export type Route = Readonly<{
  method: Method;
  /** `/api/posts/:id`: whole segments, either literal or `:name`. */
  path: string;
  options: RouteOptions;
  handle(input: RouteInput): Promise<Reply>;
}>;

/**
 * Declares a route. More literal paths win over parameters (`/users/me` over `/users/:id`) whatever their order.
 *
 * @example
 * route('POST /api/posts', { body: NewPost, auth: 'verified', idempotent: true, summary: 'Write a post' },
 *   ({ body, principal, once }) => once(async (tx) => created(await posts.create(body, principal, tx))));
 *
 * @throws Error (a bug, at start) when the pattern is odd or `idempotent` has no caller to keep the key for.
 */
export const route = <
  const P extends RoutePattern,
  A extends Auth,
  Body extends z.ZodType = z.ZodType<undefined>,
  Params extends z.ZodType | undefined = undefined,
  Query extends z.ZodType = z.ZodType<Readonly<Record<string, never>>>,
>(
  pattern: P,
  options: RouteOptions<A, Body, Params, Query>,
  handler: (
    input: RouteInput<
      A,
      z.output<Body>,
      Params extends z.ZodType ? z.output<Params> : PathParams<P>,
      z.output<Query>
    >,
  ) => Promise<Reply> | Reply,
): Route => {
  const [method, path] = parsePattern(pattern);
  if (options.idempotent && (options.auth === 'none' || options.auth === 'optional'))
    throw new Error(`${pattern}: an Idempotency-Key is kept by caller, so the route needs one`);
  return {
    method,
    path,
    options: options as RouteOptions,
    handle: async (input) => handler(input as Parameters<typeof handler>[0]),
  };
};

const patternForm = /^(GET|POST|PUT|PATCH|DELETE) ((?:\/(?::[a-zA-Z]+|[a-zA-Z0-9._~-]+))+)$/;

const parsePattern = (pattern: string): readonly [Method, string] => {
  const match = patternForm.exec(pattern);
  if (match === null) throw new Error(`"${pattern}" is no route pattern such as "GET /api/posts/:id"`);
  return [match[1] as Method, match[2] as string];
};
