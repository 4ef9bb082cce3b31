import { type RequestHandler, Router } from 'express';
import { HttpError, kitError } from './http-error.ts';
import type { Method, Route } from './route.ts';
import type { MatchedRequest, RoutePipelineDeps } from './route-pipeline.ts';
import { createRoutePipeline } from './route-pipeline.ts';

/**
 * The routes of a service, changed while it runs. Express cannot take a layer out of a router, so each change builds a new
 * router and swaps it in: requests under way go on in the one that they began in.
 */
export type RouteTable = Readonly<{
  handler: RequestHandler;
  /** @throws AppError `route_taken` for a method and path that is there already, whatever its parameters are called */
  add(routes: readonly Route[]): () => void;
  /** Runs before every route whose path is not under `/internal/`, in the order in which they were added. */
  addMiddleware(middleware: RequestHandler): () => void;
  routes(): readonly Route[];
}>;

type Mounted = Readonly<{ route: Route; handle: RequestHandler }>;

export const createRouteTable = (deps: RoutePipelineDeps): RouteTable => {
  let mounted: readonly Mounted[] = [];
  let middleware: readonly RequestHandler[] = [];
  let router = buildRouter(mounted, middleware);
  const rebuild = (): void => {
    router = buildRouter(mounted, middleware);
  };

  return {
    handler: (request, response, next) => router(request, response, next),
    add: (routes) => {
      const added = routes.map((route) => mount(route, deps));
      assertNoneTaken([...mounted, ...added]);
      mounted = [...mounted, ...added].toSorted((a, b) => compareSpecificity(a.route.path, b.route.path));
      rebuild();
      return () => {
        mounted = mounted.filter((one) => !added.includes(one));
        rebuild();
      };
    },
    addMiddleware: (added) => {
      // Wrapped, so that the same function added twice is undone one by one.
      const own: RequestHandler = (request, response, next) => added(request, response, next);
      middleware = [...middleware, own];
      rebuild();
      return () => {
        middleware = middleware.filter((one) => one !== own);
        rebuild();
      };
    },
    routes: () => mounted.map(({ route }) => route),
  };
};

const mount = (route: Route, deps: RoutePipelineDeps): Mounted => {
  const run = createRoutePipeline(route, deps);
  return { route, handle: (request, response) => run(request as unknown as MatchedRequest, response) };
};

const buildRouter = (mounted: readonly Mounted[], middleware: readonly RequestHandler[]): Router => {
  const router = Router({ caseSensitive: true, strict: true });
  if (middleware.length > 0) router.use(onlyPublic(middleware));
  for (const { route, handle } of mounted) router[verbOf[route.method]](route.path, handle);
  for (const [path, methods] of groupMethods(mounted)) router.all(path, refuseMethod(methods));
  return router;
};

const verbOf = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

const onlyPublic = (middleware: readonly RequestHandler[]): RequestHandler => {
  const chain = Router();
  chain.use(...middleware);
  return (request, response, next) =>
    request.path.startsWith('/internal/') ? next() : chain(request, response, next);
};

/** All methods of the paths that look alike: `/posts/:id` and `/posts/:postId` are one path to a client. */
const groupMethods = (mounted: readonly Mounted[]): ReadonlyMap<string, readonly Method[]> => {
  const groups = Map.groupBy(mounted, ({ route }) => toShape(route.path));
  return new Map(
    [...groups.values()].map((group) => [group[0]?.route.path ?? '', group.map(({ route }) => route.method)]),
  );
};

const refuseMethod =
  (methods: readonly Method[]): RequestHandler =>
  (request, response) => {
    const allow = [
      ...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))),
      'OPTIONS',
    ];
    if (request.method !== 'OPTIONS') throw new HttpError('method_not_allowed', { Allow: allow.join(', ') });
    response.writeHead(204, { Allow: allow.join(', ') }).end();
  };

const toShape = (path: string): string => path.replace(/:[^/]+/g, ':');

const assertNoneTaken = (mounted: readonly Mounted[]): void => {
  const seen = new Set<string>();
  for (const { route } of mounted) {
    const name = `${route.method} ${toShape(route.path)}`;
    if (seen.has(name))
      throw kitError('route_taken', { message: `${route.method} ${route.path} is there already.` });
    seen.add(name);
  }
};

/** Literal segments before parameters, segment by segment: `/users/me` is tried before `/users/:id`. */
const compareSpecificity = (a: string, b: string): number => {
  const [left, right] = [a.split('/'), b.split('/')];
  for (const [index, segment] of left.entries()) {
    const difference = Number(segment.startsWith(':')) - Number(right[index]?.startsWith(':') ?? false);
    if (difference !== 0) return difference;
  }
  return 0;
};
