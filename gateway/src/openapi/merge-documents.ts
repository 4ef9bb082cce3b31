/** An OpenAPI 3.1 document, as far as merging looks into it. */
export type OpenApiDocument = Readonly<{
  openapi?: string;
  info?: object;
  tags?: readonly Readonly<{ name: string }>[];
  paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  components?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}>;

export type DocumentPart = Readonly<{ service: string; document: OpenApiDocument }>;

/**
 * One document out of several. `isRouted` keeps the operations that a client can reach through the gateway. Components of the
 * same name and shape are one; of the same name and another shape, the later one is called `<service>_<name>` everywhere
 * in its part.
 */
export const mergeDocuments = (
  parts: readonly DocumentPart[],
  info: object,
  isRouted: (method: string, path: string) => boolean,
): OpenApiDocument => {
  const paths: Record<string, Record<string, unknown>> = {};
  const components: Record<string, Record<string, unknown>> = {};
  for (const part of parts) {
    const document = withoutClashes(part, components);
    for (const [group, entries] of Object.entries(document.components ?? {})) {
      components[group] = { ...components[group], ...entries };
    }
    for (const [path, operations] of Object.entries(document.paths ?? {})) {
      const reachable = Object.entries(operations).filter(([method]) => isRouted(method.toUpperCase(), path));
      if (reachable.length > 0) paths[path] = { ...paths[path], ...Object.fromEntries(reachable) };
    }
  }
  const sorted = Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { openapi: '3.1.1', info, paths: sorted, components };
};

const withoutClashes = (
  { service, document }: DocumentPart,
  taken: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): OpenApiDocument => {
  const groups = Object.entries(document.components ?? {});
  const clashing = groups.flatMap(([group, entries]) =>
    Object.entries(entries)
      .filter(([name, entry]) => {
        const there = taken[group]?.[name];
        return there !== undefined && JSON.stringify(there) !== JSON.stringify(entry);
      })
      .map(([name]) => ({ group, name, renamed: `${service}_${name}` })),
  );
  if (clashing.length === 0) return document;

  let text = JSON.stringify({
    ...document,
    components: Object.fromEntries(
      groups.map(([group, entries]) => [
        group,
        Object.fromEntries(
          Object.entries(entries).map(([name, entry]) => {
            const clash = clashing.find((one) => one.group === group && one.name === name);
            return [clash?.renamed ?? name, entry];
          }),
        ),
      ]),
    ),
  });
  for (const { group, name, renamed } of clashing) {
    const pointer = `"#/components/${group}/`;
    text = text.replaceAll(`${pointer}${name}"`, `${pointer}${renamed}"`);
  }
  return JSON.parse(text) as OpenApiDocument;
};
