import type { OpenApiDocument } from './merge-documents.ts';

type Components = NonNullable<OpenApiDocument['components']>;

/** New names by group: `{ schemas: { Item: 'orders_Item' } }`. */
export type Renames = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * The document with some components called otherwise, wherever it speaks of them: references (also below a component, and in
 * the mapping of a discriminator), and requirements of security schemes, which are by name.
 */
export const renameComponents = (document: OpenApiDocument, renames: Renames): OpenApiDocument => {
  if (Object.keys(renames).length === 0) return document;
  const { components = {}, ...rest } = document;
  const walked = walk(rest, renames) as OpenApiDocument;
  return { ...walked, components: renameEntries(walk(components, renames) as Components, renames) };
};

const renameEntries = (components: Components, renames: Renames): Components =>
  Object.fromEntries(
    Object.entries(components).map(([group, entries]) => [group, renameKeys(entries, renames[group] ?? {})]),
  );

const renameKeys = (
  record: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [names[name] ?? name, value]));

const walk = (value: unknown, renames: Renames): unknown => {
  if (typeof value === 'string') return renameReference(value, renames);
  if (Array.isArray(value)) return value.map((one) => walk(one, renames));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === 'security' && Array.isArray(one)
        ? one.map((requirement) => renameKeys(requirement, renames.securitySchemes ?? {}))
        : walk(one, renames),
    ]),
  );
};

const reference = /^#\/components\/([^/]+)\/([^/]+)(.*)$/s;

const renameReference = (text: string, renames: Renames): string => {
  const [, group = '', name = '', below = ''] = reference.exec(text) ?? [];
  const renamed = renames[group]?.[name];
  return renamed === undefined ? text : `#/components/${group}/${renamed}${below}`;
};
