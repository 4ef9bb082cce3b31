import { areDisjoint, compareSpecificity, methodRank } from '../routing/specificity.ts';
import type { RouteConfig } from './gateway-config.ts';
import { methodsOf, toMatched } from './route-settings.ts';

/** Two routes that nothing decides between: `second` comes later in the file. */
export type RouteConflict = Readonly<{
  first: number;
  second: number;
  method: string;
  /** They ask for the very same; otherwise a request could meet the conditions of both. */
  same: boolean;
}>;

/**
 * Routes of one path and method that ask for equally much and could both take a request. Each route is told once, with the
 * first that it collides with. `routes` holds undefined where a route is broken already.
 */
export const findRouteConflicts = (
  routes: readonly (RouteConfig | undefined)[],
): readonly RouteConflict[] => {
  const byPath = new Map<string, number[]>();
  const conflicts: RouteConflict[] = [];

  routes.forEach((route, second) => {
    if (route === undefined) return;
    const others = byPath.get(route.path) ?? [];
    byPath.set(route.path, [...others, second]);
    for (const first of others) {
      const conflict = collide(routes[first] as RouteConfig, route);
      if (conflict === undefined) continue;
      conflicts.push({ first, second, ...conflict });
      return;
    }
  });
  return conflicts;
};

const collide = (
  one: RouteConfig,
  other: RouteConfig,
): Pick<RouteConflict, 'method' | 'same'> | undefined => {
  const methods = methodsOf(one);
  const others = methodsOf(other);
  const method = others.find(
    (each) => methods.includes(each) && methodRank(methods, each) === methodRank(others, each),
  );
  if (method === undefined) return undefined;
  const [first, second] = [toMatched(one), toMatched(other)];
  if (compareSpecificity(first, second) !== 0 || areDisjoint(first, second)) return undefined;
  return { method, same: JSON.stringify(first) === JSON.stringify(second) };
};
