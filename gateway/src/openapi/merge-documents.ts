import { type Renames, renameComponents } from './rename-components.ts';

/** An OpenAPI 3.1 document, as far as merging looks into it. */
export type OpenApiDocument = Readonly<{
  openapi?: string;
  info?: object;
  tags?: readonly Readonly<{ name: string }>[];
  paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  components?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}>;

export type DocumentPart = Readonly<{ service: string; document: OpenApiDocument }>;

/** Where clients find an operation of a service: nowhere, or at one or several paths. */
export type FindOutside = (
  operation: Readonly<{ service: string; method: string; path: string }>,
) => readonly string[];

type PathItem = Record<string, unknown>;

const methods: ReadonlySet<string> = new Set([
  ...['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'trace'],
]);

/**
 * One document out of several, with the operations that a client can reach, at the paths where it reaches them. Components
 * of the same name and shape are one; of the same name and another shape, the later one is called `<service>_<name>`
 * everywhere in its part, and so are operation ids that are taken. Where two parts state the same operation, the first holds.
 */
export const mergeDocuments = (
  parts: readonly DocumentPart[],
  info: object,
  findOutside: FindOutside,
): OpenApiDocument => {
  const paths: Record<string, PathItem> = {};
  const components: Record<string, Record<string, unknown>> = {};
  const operationIds = new Set<string>();
  const tags = new Map<string, Readonly<{ name: string }>>();

  for (const part of parts) {
    const document = withoutClashes(part, components);
    for (const [group, entries] of Object.entries(document.components ?? {}))
      components[group] = { ...components[group], ...entries };
    for (const tag of document.tags ?? []) if (!tags.has(tag.name)) tags.set(tag.name, tag);

    for (const [inside, item] of Object.entries(document.paths ?? {})) {
      const shared = Object.entries(item).filter(([key]) => !methods.has(key));
      for (const [key, operation] of Object.entries(item).filter(([key]) => methods.has(key))) {
        const asked = { service: part.service, method: key.toUpperCase(), path: inside };
        for (const path of findOutside(asked)) {
          const there = paths[path] ?? Object.fromEntries(shared);
          paths[path] = there;
          there[key] ??= withOwnId(operation, part.service, operationIds);
        }
      }
    }
  }
  const sorted = Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    ...{ openapi: '3.1.1', info, paths: sorted, components },
    ...(tags.size === 0 ? {} : { tags: [...tags.values()] }),
  };
};

/** The operation with an id that no other has. */
const withOwnId = (operation: unknown, service: string, taken: Set<string>): unknown => {
  const { operationId } = operation as { readonly operationId?: unknown };
  if (typeof operationId !== 'string') return operation;
  const own = freeName(operationId, service, (name) => taken.has(name));
  taken.add(own);
  return own === operationId ? operation : { ...(operation as object), operationId: own };
};

const withoutClashes = (
  { service, document }: DocumentPart,
  taken: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): OpenApiDocument => {
  let renames: Renames = {};
  // A component that is the same but speaks of one that is renamed is not the same any more: so again until none is left.
  for (;;) {
    const renamed = renameComponents(document, renames);
    const clashes = Object.entries(renamed.components ?? {}).flatMap(([group, entries]) =>
      Object.keys(entries)
        .filter((name) => isOther(taken[group]?.[name], entries[name]))
        .map((name) => ({ group, name })),
    );
    if (clashes.length === 0) return renamed;
    for (const { group, name } of clashes) {
      const isTaken = (one: string) =>
        taken[group]?.[one] !== undefined || renamed.components?.[group]?.[one] !== undefined;
      renames = {
        ...renames,
        [group]: { ...renames[group], [name]: freeName(name, service, isTaken) },
      };
    }
  }
};

const isOther = (there: unknown, here: unknown): boolean =>
  there !== undefined && JSON.stringify(there) !== JSON.stringify(here);

const freeName = (name: string, service: string, isTaken: (name: string) => boolean): string => {
  if (!isTaken(name)) return name;
  let free = `${service}_${name}`;
  for (let count = 2; isTaken(free); count += 1) free = `${service}_${name}_${count}`;
  return free;
};
