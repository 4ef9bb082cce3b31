import { cast, compare, Json, type Value } from './values.ts';

// What the operators of SQL give, with its three truth values: `null` is neither true nor false.

export const isZero = (order: number): boolean => order === 0;
export const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  '=': isZero,
  '<>': (order) => order !== 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '>': (order) => order > 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
};

export const testOf = (word: string): ((value: Value) => boolean) | undefined =>
  ({
    null: (value: Value) => value === null,
    true: (value: Value) => value === true,
    false: (value: Value) => value === false,
  })[word];

export const isDistinct = (a: Value, b: Value): boolean =>
  a === null || b === null ? a !== b : compare(a, b) !== 0;

export const both = (a: Value, b: () => Value): Value => {
  if (a === false) return false;
  const other = b();
  if (other === false) return false;
  return a === null || other === null ? null : true;
};

export const either = (a: Value, b: () => Value): Value => {
  if (a === true) return true;
  const other = b();
  if (other === true) return true;
  return a === null || other === null ? null : false;
};

export const not = (value: Value): Value => (value === null ? null : value !== true);
export const negatedIf = (isNot: boolean, value: Value): Value => (isNot ? not(value) : value);

export const quantified = (
  left: Value,
  list: Value,
  { holds, isAny }: { holds: (order: number) => boolean; isAny: boolean },
): Value => {
  if (list === null) return null;
  let unknown = false;
  for (const item of list as readonly Value[]) {
    const order = compare(left, item);
    if (order === null) unknown = true;
    else if (holds(order) === isAny) return isAny;
  }
  return unknown ? null : !isAny;
};

export const isLike = (value: Value, shape: Value): Value => {
  if (value === null || shape === null) return null;
  const source = String(shape).replaceAll(/\\?[\s\S]/g, (part) => {
    if (part === '%') return '[\\s\\S]*';
    if (part === '_') return '[\\s\\S]';
    return part.slice(-1).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 'i').test(String(value));
};

export const concat = (a: Value, b: Value): Value => {
  if (a === null || b === null) return null;
  if (Array.isArray(a) || Array.isArray(b)) return [a, b].flat() as Value;
  if (a instanceof Json && b instanceof Json) return new Json({ ...Object(a.value), ...Object(b.value) });
  return String(cast(a, 'text')) + String(cast(b, 'text'));
};

export const member = (value: Value, key: Value): Value => {
  if (!(value instanceof Json) || key === null) return null;
  const found = (value.value as Readonly<Record<string, unknown>> | null)?.[String(key)];
  return found === undefined ? null : new Json(found);
};

export const textOf = (value: Value): Value => {
  if (!(value instanceof Json) || value.value === null) return null;
  return typeof value.value === 'string' ? value.value : JSON.stringify(value.value);
};

/** A timestamp without its zone, as PostgreSQL writes it into JSON. */
export const toLocalTime = (value: Value): Value =>
  value instanceof Date ? value.toISOString().replace(/\.?0*Z$/, '') : value;
