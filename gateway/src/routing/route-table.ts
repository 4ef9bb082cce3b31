import type { Route } from './route.ts';

/** Which route takes each method, at one path. `allow` is the header of a 405 here; OPTIONS is always answered. */
export type MethodTable = Readonly<{ routes: ReadonlyMap<string, Route>; allow: string }>;

/**
 * All routes, compiled: a tree of path segments whose nodes know the answer for each method already. What a deeper path
 * does not answer falls to the pattern above it. The cost of `find` is that of the path's matching segments,
 * whatever the number of routes; a path of thousands of segments stops where the tree does.
 *
 * Conditions on host and header would go into `MethodTable`, as an ordered list for each method.
 */
export type RouteTable = Readonly<{
  routes: readonly Route[];
  /** By a path in its normal form. Undefined: no route has this path. */
  find(path: string): MethodTable | undefined;
}>;

type Node = {
  readonly children: Map<string, Node>;
  readonly exact: Map<string, Route>;
  readonly below: Map<string, Route>;
  /** The answers, once compiled: for this very path, and for everything under it that has no node of its own. */
  here: MethodTable | undefined;
  under: MethodTable | undefined;
};

export const compileRoutes = (routes: readonly Route[]): RouteTable => {
  const root = newNode();
  for (const route of routes) insert(root, route);
  settle(root, new Map());

  return { routes, find: (path) => find(root, path) };
};

const find = (root: Node, path: string): MethodTable | undefined => {
  let node = root;
  let from = 1;
  for (;;) {
    const slash = path.indexOf('/', from);
    const child = node.children.get(slash === -1 ? path.slice(from) : path.slice(from, slash));
    if (child === undefined) return node.under;
    if (slash === -1) return child.here;
    node = child;
    from = slash + 1;
  }
};

const newNode = (): Node => ({
  children: new Map(),
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
  for (const method of route.settings.methods) table.set(method, route);
};

/** Hands what the patterns above answer down the tree, once, so that no look-up has to climb. */
const settle = (node: Node, inherited: ReadonlyMap<string, Route>): void => {
  const under = new Map([...inherited, ...node.below]);
  node.under = toTable(under);
  node.here = toTable(new Map([...under, ...node.exact]));
  for (const child of node.children.values()) settle(child, under);
};

const toTable = (routes: ReadonlyMap<string, Route>): MethodTable | undefined =>
  routes.size === 0
    ? undefined
    : { routes, allow: [...new Set([...routes.keys(), 'OPTIONS'])].sort().join(', ') };
