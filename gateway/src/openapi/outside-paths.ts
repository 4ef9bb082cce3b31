import { leadsTo, type RouteSettings } from '../config/route-settings.ts';
import { covers } from '../routing/explain-route.ts';
import { rewritePath } from '../routing/rewrite-path.ts';

/** An operation as its service states it: `path` with parameters like `{id}`. */
export type Operation = Readonly<{ service: string; method: string; path: string }>;

/**
 * Where clients find an operation of a service: none, one, or several paths. A path parameter stands for itself, as a segment
 * that is no route's.
 */
export const outsidePaths = (routes: readonly RouteSettings[], operation: Operation): readonly string[] => {
  const paths = routes
    .filter((route) => leadsTo(route).includes(operation.service) && answers(route, operation.method))
    .flatMap((route) => {
      const outside = undoRewrite(route, operation.path);
      if (outside === undefined || !covers(route.path, outside)) return [];
      if (rewritePath(route, outside) !== operation.path) return []; // not for the public
      return isShadowed(route, outside, { routes, method: operation.method }) ? [] : [outside];
    });
  return [...new Set(paths)];
};

const answers = ({ methods }: RouteSettings, method: string): boolean =>
  methods.some((known) => known === method);

/** The path that a route would have made `inside` of. */
const undoRewrite = ({ path, rewrite }: RouteSettings, inside: string): string | undefined => {
  if (rewrite === undefined) return inside;
  const base = path.replace(/\/\*$/, '');
  if (rewrite.path !== undefined) return rewrite.path === inside ? base : undefined;
  const prefix = rewrite.prefix === '/' ? '' : (rewrite.prefix ?? '');
  if (prefix !== '' && inside !== prefix && !inside.startsWith(`${prefix}/`)) return undefined;
  return `${base}${inside.slice(prefix.length)}`;
};

/** Whether every request for `path` goes to a route that is more precise and asks for nothing else. */
const isShadowed = (
  route: RouteSettings,
  path: string,
  { routes, method }: Readonly<{ routes: readonly RouteSettings[]; method: string }>,
): boolean =>
  routes.some(
    (other) =>
      precisionOf(other) > precisionOf(route) &&
      answers(other, method) &&
      covers(other.path, path) &&
      isUnconditional(other),
  );

const precisionOf = ({ path }: RouteSettings): number =>
  path.endsWith('/*') ? path.length : Number.POSITIVE_INFINITY;

const isUnconditional = ({ host, headers, query, version }: RouteSettings): boolean =>
  host === undefined &&
  version === undefined &&
  Object.keys(headers).length === 0 &&
  Object.keys(query).length === 0;
