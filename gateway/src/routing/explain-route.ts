import type { RouteSettings, SplitTarget } from '../config/route-settings.ts';
import { allowedAt, chooseRoute } from './choose-route.ts';
import { conditionsOf } from './conditions.ts';
import { type Question, type RequestFacts, toQuestion } from './request-facts.ts';
import { rewritePath } from './rewrite-path.ts';
import type { RouteTable } from './route-table.ts';
import { canaryOf } from './split.ts';

export type RouteVerdict = Readonly<{
  route: string;
  path: string;
  matches: boolean;
  why: string;
  /** Everything that keeps the route from the request. */
  objections: readonly string[];
}>;

/** A place that the request could go to, and with which probability. */
type PossibleTarget = Readonly<{ service: string; version?: string; percent: number; why: string }>;

export type RouteExplanation = Readonly<{
  /** What the gateway would answer by itself, or undefined if the request goes to a service. */
  refusal?: Readonly<{ status: 404 | 405; allow?: string }>;
  route?: string;
  service?: string;
  /** The path that the service sees. */
  servicePath?: string;
  targets?: readonly PossibleTarget[];
  /** Every route, and why it would or would not take the request. */
  routes: readonly RouteVerdict[];
}>;

export type ExplainedRequest = Readonly<{ method: string; path: string; facts: RequestFacts }>;

/** Says which route would take a request, and why the others would not. `path` is in its normal form. */
export const explainRoute = (
  table: RouteTable,
  { method, path, facts }: ExplainedRequest,
): RouteExplanation => {
  const found = table.find(path);
  const chosen = found && chooseRoute(found, method, facts);
  const question = toQuestion(facts);
  const routes = table.routes.map((route): RouteVerdict => {
    const objections = objectionsOf(route.settings, { method, path, question });
    return {
      route: route.settings.name,
      path: route.settings.path,
      matches: route === chosen,
      why: route === chosen ? takes : objections.length === 0 ? outdone : objections.join(' '),
      objections,
    };
  });
  if (found === undefined) return { refusal: { status: 404 }, routes };
  if (chosen === undefined) {
    const allow = allowedAt(found, facts);
    return { refusal: allow === undefined ? { status: 404 } : { status: 405, allow }, routes };
  }
  const { settings } = chosen;
  const servicePath = rewritePath(settings, path);
  if (servicePath === undefined) return { refusal: { status: 404 }, route: settings.name, routes };
  const targets = targetsOf(settings, facts.headers);
  return {
    ...{ route: settings.name, service: targets[0]?.service ?? settings.service },
    ...{ servicePath, targets, routes },
  };
};

const takes = 'It is the longest path that answers to the method, and asks for the most of those that match.';
const outdone = 'It matches too, but another route with a longer path or more conditions comes first.';

const objectionsOf = (
  route: RouteSettings,
  { method, path, question }: Readonly<{ method: string; path: string; question: Question }>,
): readonly string[] => [
  ...(covers(route.path, path) ? [] : [`Its path is ${route.path}.`]),
  ...(route.methods.some((known) => known === method)
    ? []
    : [`It answers to ${route.methods.join(', ')} only.`]),
  ...conditionsOf(route)
    .filter((condition) => !condition.holds(question))
    .map(({ wants }) => `It takes a request only if ${wants}.`),
];

/** Whether a route's path is the request's or has it below it. */
export const covers = (pattern: string, path: string): boolean => {
  if (!pattern.endsWith('/*')) return pattern === path;
  const base = pattern.slice(0, -2);
  return path === base || path.startsWith(`${base}/`);
};

const targetsOf = (settings: RouteSettings, headers: RequestFacts['headers']): readonly PossibleTarget[] => {
  const { split, service, version } = settings;
  if (split.length === 0) return [toPossible({ service, version }, 100, 'All requests go there.')];
  const canary = canaryOf(split, headers);
  if (canary !== undefined)
    return [toPossible(canary, 100, `Header ${canary.canary?.header} sends it there.`)];
  const sum = split.reduce((total, { weight }) => total + weight, 0);
  return split
    .filter(({ weight }) => weight > 0)
    .map((target) => toPossible(target, (100 * target.weight) / sum, `Weight ${target.weight} of ${sum}.`));
};

const toPossible = (
  { service, version }: Pick<SplitTarget, 'service' | 'version'>,
  percent: number,
  why: string,
): PossibleTarget => ({ service, ...(version === undefined ? {} : { version }), percent, why });
