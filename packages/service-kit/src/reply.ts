/** Headers that a reply adds; names as they are sent, one value each. */
export type ReplyHeaders = Readonly<Record<string, string>>;

/**
 * What a handler answers. The kit sends `{ data, meta? }`, unless `bare`: then `data` is the whole body. `version` and
 * `view` make the strong ETag (`"7-full"`, or `"7"` without a view), and a GET whose `If-None-Match` names it is a 304.
 */
export type Reply = Readonly<{
  status: number;
  data?: unknown;
  meta?: Readonly<Record<string, unknown>>;
  version?: number;
  view?: string;
  headers?: ReplyHeaders;
  /** Request headers that this answer depends on, beside `Authorization` which the kit names itself. */
  vary?: readonly string[];
  bare?: boolean;
}>;

export type ReplyOptions = Readonly<{
  meta?: Readonly<Record<string, unknown>>;
  version?: number;
  view?: string;
  headers?: ReplyHeaders;
  vary?: readonly string[];
}>;

export const ok = (data: unknown, options: ReplyOptions = {}): Reply => ({ status: 200, data, ...options });

/** 201; say where the new resource is with `headers: { Location: '/api/posts/…' }`. */
export const created = (data: unknown, options: ReplyOptions = {}): Reply => ({
  status: 201,
  data,
  ...options,
});

/** 202: taken, not done yet. */
export const accepted = (data: unknown, options: ReplyOptions = {}): Reply => ({
  status: 202,
  data,
  ...options,
});

/** 204, without a body. */
export const noContent = (options: Pick<ReplyOptions, 'headers'> = {}): Reply => ({
  status: 204,
  ...options,
});

/** 200 with `body` as the whole JSON document, for what has a form of its own (a JWK set, an OpenAPI document). */
export const bareDocument = (body: unknown, options: Pick<ReplyOptions, 'headers'> = {}): Reply => ({
  status: 200,
  data: body,
  bare: true,
  ...options,
});
