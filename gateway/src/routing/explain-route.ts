import type { RouteSettings } from '../config/route-settings.ts';
import type { RouteTable } from './route-table.ts';

export type RouteVerdict = Readonly<{ route: string; path: string; matches: boolean; why: string }>;

export type RouteExplanation = Readonly<{
  /** What the gateway would answer by itself, or undefined if the request goes to a service. */
  refusal?: Readonly<{ status: 404 | 405; allow?: string }>;
  route?: string;
  service?: string;
  /** Every route, and why it would or would not take the request. */
  routes: readonly RouteVerdict[];
}>;

/** Says which route would take a request, and why the others would not. `path` is in its normal form. */
export const explainRoute = (table: RouteTable, method: string, path: string): RouteExplanation => {
  const found = table.find(path);
  const chosen = found?.routes.get(method);
  const routes = table.routes.map((route) => ({
    route: route.settings.name,
    path: route.settings.path,
    matches: route === chosen,
    why:
      route === chosen
        ? 'It is the longest path that answers to the method.'
        : objection(route.settings, method, path),
  }));
  if (found === undefined) return { refusal: { status: 404 }, routes };
  if (chosen === undefined) return { refusal: { status: 405, allow: found.allow }, routes };
  return { route: chosen.settings.name, service: chosen.settings.service, routes };
};

const objection = (route: RouteSettings, method: string, path: string): string => {
  if (!covers(route.path, path)) return `Its path is ${route.path}.`;
  if (!route.methods.some((known) => known === method))
    return `It answers to ${route.methods.join(', ')} only.`;
  return 'Another route with a longer path comes first.';
};

const covers = (pattern: string, path: string): boolean => {
  if (!pattern.endsWith('/*')) return pattern === path;
  const base = pattern.slice(0, -2);
  return path === base || path.startsWith(`${base}/`);
};
