import { type Choice, createChoice } from './choice.ts';
import type { Route } from './route.ts';
import { SegmentTable } from './segment-table.ts';
import { methodRank } from './specificity.ts';

/** Which route takes each method, at one path. */
export type MethodTable = Readonly<{
  /** Methods whose route is settled by the path alone. */
  routes: ReadonlyMap<string, Route>;
  /** The other ones; undefined, as almost everywhere, if there are none. */
  choices: ReadonlyMap<string, Choice> | undefined;
  /** The header of a 405 here, whatever the conditions; OPTIONS is always answered. */
  allow: string;
}>;

/**
 * All routes, compiled: a tree of path segments whose nodes know the answer for each method already. What a deeper path
 * does not answer falls to the pattern above it. The cost of `find` is that of the path's matching segments,
 * whatever the number of routes; a path of thousands of segments stops where the tree does.
 */
export type RouteTable = Readonly<{
  routes: readonly Route[];
  /** By a path in its normal form. Undefined: no route has this path. `take-route.ts` goes on from there. */
  find(path: string): MethodTable | undefined;
}>;

/** For each method the routes of every pattern that covers a path, those that come first in front. */
type Levels = ReadonlyMap<string, readonly (readonly Route[])[]>;

type Node = {
  readonly children: Map<string, Node>;
  /** The children, once compiled; undefined where there are none. */
  segments: SegmentTable<Node> | undefined;
  readonly exact: Map<string, Route[]>;
  readonly below: Map<string, Route[]>;
  /** The answers, once compiled: for this very path, and for everything under it that has no node of its own. */
  here: MethodTable | undefined;
  under: MethodTable | undefined;
};

export const compileRoutes = (routes: readonly Route[]): RouteTable => {
  const root = newNode();
  for (const route of routes) insert(root, route);
  settle(root, new Map(), undefined);

  return { routes, find: (path) => find(root, path) };
};

const find = (root: Node, path: string): MethodTable | undefined => {
  let node = root;
  let from = 1;
  for (;;) {
    const { segments } = node;
    if (segments === undefined) return node.under;
    const slash = path.indexOf('/', from);
    const child = segments.find(path, from, slash === -1 ? path.length : slash);
    if (child === undefined) return node.under;
    if (slash === -1) return child.here;
    node = child;
    from = slash + 1;
  }
};

const newNode = (): Node => ({
  children: new Map(),
  segments: undefined,
  exact: new Map(),
  below: new Map(),
  here: undefined,
  under: undefined,
});

const insert = (root: Node, route: Route): void => {
  const open = route.settings.path.endsWith('/*');
  const segments = (open ? route.settings.path.slice(1, -2) : route.settings.path.slice(1)).split('/');
  let node = root;
  for (const segment of segments) {
    const child = node.children.get(segment) ?? newNode();
    node.children.set(segment, child);
    node = child;
  }
  const table = open ? node.below : node.exact;
  for (const method of route.settings.methods) {
    const others = table.get(method);
    if (others === undefined) table.set(method, [route]);
    else others.push(route);
  }
};

/** Hands what the patterns above answer down the tree, once, so that no look-up has to climb. */
const settle = (node: Node, inherited: Levels, inheritedTable: MethodTable | undefined): void => {
  const under = node.below.size === 0 ? inherited : onTop(node.below, inherited);
  node.under = node.below.size === 0 ? inheritedTable : toTable(under);
  node.here = node.exact.size === 0 ? node.under : toTable(onTop(node.exact, under));
  node.segments = node.children.size === 0 ? undefined : new SegmentTable(node.children);
  for (const child of node.children.values()) settle(child, under, node.under);
};

const onTop = (own: ReadonlyMap<string, readonly Route[]>, above: Levels): Levels => {
  const levels = new Map(above);
  for (const [method, routes] of own) {
    const ranked = [2, 1, 0].map((rank) =>
      routes.filter(({ settings }) => methodRank(settings.methods, method) === rank),
    );
    const all = [...ranked.filter(({ length }) => length > 0), ...(above.get(method) ?? [])];
    // A route without conditions always matches: what stands behind it is never asked.
    levels.set(method, all.slice(0, all.findIndex((level) => level.some(isPlain)) + 1 || all.length));
  }
  return levels;
};

const isPlain = ({ settings: { host, headers, query, version } }: Route): boolean =>
  host === undefined &&
  version === undefined &&
  Object.keys(headers).length === 0 &&
  Object.keys(query).length === 0;

const toTable = (levels: Levels): MethodTable | undefined => {
  if (levels.size === 0) return undefined;
  const routes = new Map<string, Route>();
  const choices = new Map<string, Choice>();
  for (const [method, candidates] of levels) {
    const [first] = candidates[0] ?? [];
    if (candidates[0]?.length === 1 && first !== undefined && isPlain(first)) routes.set(method, first);
    else choices.set(method, createChoice(candidates));
  }
  return {
    routes,
    choices: choices.size === 0 ? undefined : choices,
    allow: toAllow(levels.keys()),
  };
};

/** The header `Allow`. */
export const toAllow = (methods: Iterable<string>): string =>
  [...new Set([...methods, 'OPTIONS'])].sort().join(', ');
