import type {
  CorsConfig,
  GatewayConfig,
  HttpMethod,
  RateLimitConfig,
  RouteConfig,
} from './gateway-config.ts';

/** A route with everything filled in that it left to the defaults. Times in milliseconds, sizes in bytes. */
export type RouteSettings = Readonly<{
  /** Unique; a label of metrics. */
  name: string;
  /** Exact, or ending in `/*`. */
  path: string;
  methods: readonly HttpMethod[];
  service: string;
  auth: RouteConfig['auth'];
  roles: RouteConfig['roles'];
  scopes: RouteConfig['scopes'];
  rateLimit: RateLimitConfig & Readonly<{ name: string }>;
  bodyLimitBytes: number;
  timeoutMs: number;
  tryTimeoutMs: number;
  waits: boolean;
  idempotencyKeys: boolean;
  retryAttempts: number;
  cors: CorsConfig | undefined;
}>;

const tryTimeoutMs = 2000;
const waitingTryTimeoutMs = 6000;

const allMethods: readonly HttpMethod[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Every route of a configuration, with its defaults filled in. */
export const toRouteSettings = ({ routes, defaults }: GatewayConfig): readonly RouteSettings[] =>
  routes.map((route, index) => {
    const name = route.name ?? `${route.service}-${index}`;
    const timeoutMs = route.timeout ?? defaults.timeout;
    const limit = route.rateLimit ?? defaults.rateLimit;
    return {
      name,
      path: route.path,
      methods: methodsOf(route),
      service: route.service,
      auth: route.auth,
      roles: route.roles,
      scopes: route.scopes,
      rateLimit: { ...limit, name: limit.name ?? (route.rateLimit === undefined ? 'default' : name) },
      bodyLimitBytes: route.bodyLimit ?? defaults.bodyLimit,
      timeoutMs,
      tryTimeoutMs: Math.min(
        timeoutMs,
        route.tryTimeout ?? (route.waits ? waitingTryTimeoutMs : tryTimeoutMs),
      ),
      waits: route.waits,
      idempotencyKeys: route.idempotencyKeys,
      retryAttempts: (route.retries ?? defaults.retries).attempts,
      cors: route.cors ?? defaults.cors,
    };
  });

/** HEAD goes where GET goes; a route that names no method answers to all. */
const methodsOf = ({ methods }: RouteConfig): readonly HttpMethod[] => {
  if (methods === undefined) return allMethods;
  return methods.includes('GET') && !methods.includes('HEAD') ? [...methods, 'HEAD'] : methods;
};
