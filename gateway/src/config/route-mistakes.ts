import type { RouteConfig } from './gateway-config.ts';

/** One mistake; `path` leads to it from the root of the document. */
export type Mistake = Readonly<{ path: readonly PropertyKey[]; message: string }>;

const adminOnly = 'It asks for roles or scopes, so `auth` must be required';

/** What no schema of a single field can see. `routes` holds undefined where a route is broken already. */
export const findRouteMistakes = (routes: readonly (RouteConfig | undefined)[]): readonly Mistake[] => {
  const mistakes: Mistake[] = [];
  const taken = new Map<string, number>();
  const limits = new Map<string, string>();
  const names = new Set<string>();

  routes.forEach((route, index) => {
    if (route === undefined) return;
    const at = (field: string, message: string): void => {
      mistakes.push({ path: ['routes', index, field], message });
    };
    if (route.name !== undefined && names.has(route.name)) at('name', `Another route is named ${route.name}`);
    names.add(route.name ?? '');
    for (const method of route.methods ?? ['*']) {
      const key = `${method} ${route.path}`;
      const first = taken.get(key);
      if (first !== undefined) at('path', `${key} is routed by routes[${first}] already`);
      else taken.set(key, index);
    }
    if (route.auth !== 'required' && (route.roles ?? route.scopes) !== undefined) at('auth', adminOnly);
    if ((route.tryTimeout ?? 0) > (route.timeout ?? Number.POSITIVE_INFINITY)) {
      at('tryTimeout', 'One try may not last longer than all of them together (`timeout`)');
    }
    const limit = route.rateLimit;
    if (limit?.name !== undefined) {
      const figures = `${limit.limit}/${limit.window}/${limit.by}/${limit.header ?? ''}`;
      const known = limits.get(limit.name);
      if (known !== undefined && known !== figures) {
        at('rateLimit', `Limits named ${limit.name} are one limit: their figures must be the same`);
      }
      limits.set(limit.name, known ?? figures);
    }
  });
  return mistakes;
};
