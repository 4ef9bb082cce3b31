import type { GatewayConfig, HttpMethod, RouteConfig } from './gateway-config.ts';
import { type HeaderConditions, methods, type RewriteConfig } from './route-match.ts';
import type {
  CompressionConfig,
  CorsConfig,
  FallbackConfig,
  HashConfig,
  Priority,
  RateLimitConfig,
} from './route-policies.ts';

/** One of the places that a route's requests are shared out between. */
export type SplitTarget = Readonly<{
  service: string;
  /** A semver range: only instances of such a version. */
  version: string | undefined;
  /** 0 to 1000. */
  weight: number;
  /** Header in lower case. */
  canary: Readonly<{ header: string; value: string }> | undefined;
}>;

/** What answers for a service that cannot. */
export type FallbackSettings =
  | Readonly<{ kind: 'static'; status: number; body: string; contentType: string }>
  | Readonly<{ kind: 'stale' }>
  | Readonly<{ kind: 'service'; service: string }>;

/** What consistent hashing tells requests apart by. `principal`: anonymous callers by their address. */
export type HashSettings =
  | Readonly<{ by: 'header' | 'cookie' | 'query'; name: string }>
  | Readonly<{ by: 'principal' }>;

type CacheSettings = Readonly<{
  /** For answers that do not say how long they are fresh; undefined: those are not kept. */
  ttlMs: number | undefined;
  staleIfErrorMs: number;
  /** Of one answer. */
  maxBytes: number;
  /** In lower case. */
  vary: readonly string[];
}>;

/** A route with everything filled in that it left to the defaults. Times in milliseconds, sizes in bytes. */
export type RouteSettings = Readonly<{
  /** Unique; a label of metrics. */
  name: string;
  /** Exact, or ending in `/*`. */
  path: string;
  methods: readonly HttpMethod[];
  /** In lower case, without a port; `*.` in front: every name below. */
  host: string | undefined;
  /** All of them must hold; names in lower case. */
  headers: HeaderConditions;
  query: Readonly<Record<string, string>>;
  /** A semver range: of the request (`Accept-Version`, else `?version`) and of the instances. */
  version: string | undefined;
  service: string;
  /** Empty: everything goes to `service`. Otherwise the places that requests are shared out between. */
  split: readonly SplitTarget[];
  rewrite: RewriteConfig | undefined;
  auth: RouteConfig['auth'];
  apiKeys: boolean;
  roles: RouteConfig['roles'];
  scopes: RouteConfig['scopes'];
  rateLimit: RateLimitConfig & Readonly<{ name: string }>;
  /** Undefined: by who calls. */
  priority: Priority | undefined;
  bodyLimitBytes: number;
  timeoutMs: number;
  tryTimeoutMs: number;
  waits: boolean;
  idempotencyKeys: boolean;
  retryAttempts: number;
  /** Undefined unless a service behind the route is balanced by consistent hashing. */
  hash: HashSettings | undefined;
  cors: CorsConfig | undefined;
  /** Undefined: answers pass as they are. */
  compression: Readonly<{ minBytes: number }> | undefined;
  /** Undefined: no answer is kept. */
  cache: CacheSettings | undefined;
  coalesce: boolean;
  fallback: FallbackSettings | undefined;
  upgrade: boolean;
}>;

const tryTimeoutMs = 2000;
const waitingTryTimeoutMs = 6000;
const compressedFromBytes = 1024;

/** What a route answers to that names none. */
export const allMethods: readonly HttpMethod[] = methods;

/** Every route of a configuration, with its defaults filled in. */
export const toRouteSettings = (config: GatewayConfig): readonly RouteSettings[] =>
  config.routes.map((route, index) => {
    const { defaults } = config;
    const name = route.name ?? `${route.service}-${index}`;
    const timeoutMs = route.timeout ?? defaults.timeout;
    const limit = route.rateLimit ?? defaults.rateLimit;
    return {
      name,
      path: route.path,
      methods: methodsOf(route),
      ...toMatched(route),
      service: route.service,
      split: splitOf(route),
      rewrite: route.rewrite,
      auth: route.auth,
      apiKeys: route.apiKeys ?? route.auth !== 'none',
      roles: route.roles,
      scopes: route.scopes,
      rateLimit: { ...limit, name: limit.name ?? (route.rateLimit === undefined ? 'default' : name) },
      priority: route.priority,
      bodyLimitBytes: route.bodyLimit ?? defaults.bodyLimit,
      timeoutMs,
      tryTimeoutMs: Math.min(
        timeoutMs,
        route.tryTimeout ?? (route.waits ? waitingTryTimeoutMs : tryTimeoutMs),
      ),
      waits: route.waits,
      idempotencyKeys: route.idempotencyKeys,
      retryAttempts: (route.retries ?? defaults.retries).attempts,
      hash: hashOf(route, config),
      cors: route.cors ?? defaults.cors,
      compression: compressionOf(route.compression ?? defaults.compression),
      cache: cacheOf(route),
      coalesce: route.coalesce,
      fallback: fallbackOf(route.fallback),
      upgrade: route.upgrade,
    };
  });

/** The places that a route's requests are shared out between, in the order of `split`; one, where there is none. */
export const placesOf = ({
  service,
  version,
  split,
}: RouteSettings): readonly Pick<SplitTarget, 'service' | 'version'>[] =>
  split.length === 0
    ? [{ service, version }]
    : split.map((target) => ({ service: target.service, version: target.version ?? version }));

/** Every service that a route may lead to. */
export const servicesOf = (route: Pick<RouteConfig, 'service' | 'split' | 'fallback'>): ReadonlySet<string> =>
  new Set([
    ...(route.split === undefined ? [route.service] : splitOf(route).map(({ service }) => service)),
    ...(route.fallback?.service === undefined ? [] : [route.fallback.service]),
  ]);

/** The same, of a route with everything filled in. */
export const leadsTo = ({ service, split, fallback }: RouteSettings): readonly string[] => [
  ...(split.length === 0 ? [service] : split.map((target) => target.service)),
  ...(fallback?.kind === 'service' ? [fallback.service] : []),
];

/** What a route asks of a request beside path and method, in the one form that is compared. */
export const toMatched = ({
  host,
  headers = {},
  query = {},
  version,
}: Pick<RouteConfig, 'host' | 'headers' | 'query' | 'version'>): Pick<
  RouteSettings,
  'host' | 'headers' | 'query' | 'version'
> => ({ host, headers: lowerCased(headers), query, version });

/** HEAD goes where GET goes; a route that names no method answers to all. */
export const methodsOf = ({ methods: named }: Pick<RouteConfig, 'methods'>): readonly HttpMethod[] => {
  if (named === undefined) return allMethods;
  return named.includes('GET') && !named.includes('HEAD') ? [...named, 'HEAD'] : named;
};

const lowerCased = <T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name.toLowerCase(), value]));

const splitOf = ({ service, split }: Pick<RouteConfig, 'service' | 'split'>): readonly SplitTarget[] =>
  (split ?? []).map((target) => ({
    service: target.service ?? service,
    version: target.version,
    weight: target.weight,
    canary: target.canary && { ...target.canary, header: target.canary.header.toLowerCase() },
  }));

const hashOf = (route: RouteConfig, { services }: GatewayConfig): HashSettings | undefined => {
  const hashed = [...servicesOf(route)].some((name) => services[name]?.balancer === 'consistent-hash');
  return hashed ? toHash(route.hash ?? {}) : undefined;
};

const toHash = ({ header, cookie, query }: HashConfig): HashSettings => {
  if (header !== undefined) return { by: 'header', name: header };
  if (cookie !== undefined) return { by: 'cookie', name: cookie };
  return query === undefined ? { by: 'principal' } : { by: 'query', name: query };
};

const compressionOf = (config: CompressionConfig): RouteSettings['compression'] => {
  if (config === false) return undefined;
  return { minBytes: config === true ? compressedFromBytes : config.min };
};

const cacheOf = ({ cache }: RouteConfig): CacheSettings | undefined =>
  cache && {
    ttlMs: cache.ttl,
    staleIfErrorMs: cache.staleIfError ?? 0,
    maxBytes: cache.maxBytes,
    vary: cache.vary,
  };

const fallbackOf = (config: FallbackConfig | undefined): FallbackSettings | undefined => {
  if (config?.static !== undefined) return { kind: 'static', ...config.static };
  if (config?.service !== undefined) return { kind: 'service', service: config.service };
  return config && { kind: 'stale' };
};
