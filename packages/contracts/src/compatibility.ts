type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * What in `next` would break those who rely on `previous`, as paths with a reason. Events live long (outboxes, inboxes, dead
 * letters), and both sides are renewed at different times, so the one allowed change is a new optional field. Descriptions
 * are not compared.
 */
export const findBreakingChanges = (previous: unknown, next: unknown, path = ''): readonly string[] => {
  if (!isObject(previous) || !isObject(next))
    return JSON.stringify(previous) === JSON.stringify(next) ? [] : [`${path}: is another type`];
  return [...keysOf(previous, next)].flatMap((key) => {
    if (key === 'description') return [];
    if (key === 'properties') return propertyChanges(previous, next, path);
    if (key === 'required') return requiredChanges(previous, next, path);
    if (!(key in previous) || !(key in next)) return [`${path}: ${key} came or went`];
    return findBreakingChanges(previous[key], next[key], `${path}/${key}`);
  });
};

const propertyChanges = (previous: JsonSchema, next: JsonSchema, path: string): readonly string[] => {
  const [before, after] = [objectAt(previous, 'properties'), objectAt(next, 'properties')];
  return Object.keys(before).flatMap((name) =>
    name in after
      ? findBreakingChanges(before[name], after[name], `${path}/${name}`)
      : [`${path}/${name}: is gone`],
  );
};

const requiredChanges = (previous: JsonSchema, next: JsonSchema, path: string): readonly string[] => {
  const [before, after] = [new Set(listAt(previous, 'required')), new Set(listAt(next, 'required'))];
  return [
    ...[...after.difference(before)].map((name) => `${path}/${name}: is required now`),
    ...[...before.difference(after)].map((name) => `${path}/${name}: is not required any more`),
  ];
};

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objectAt = (schema: JsonSchema, key: string): JsonSchema => {
  const value = schema[key];
  return isObject(value) ? value : {};
};

const listAt = (schema: JsonSchema, key: string): readonly string[] => {
  const value = schema[key];
  return Array.isArray(value) ? value : [];
};

const keysOf = (...objects: readonly JsonSchema[]): ReadonlySet<string> =>
  new Set(objects.flatMap(Object.keys));
