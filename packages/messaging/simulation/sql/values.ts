/** A span of time. */
export class Interval {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** A jsonb value, apart from a text or a number of SQL. */
export class Json {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** `(a, b)`. */
export class Tuple {
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** What an expression gives. Numbers of every kind are numbers here; a timestamp is a Date; an array an array. */
export type Value = null | number | string | boolean | Date | Interval | Json | Tuple | readonly Value[];

/** What a client is given: its own copy, as from a wire. */
export const toClient = (value: Value): unknown => {
  if (!(value instanceof Json)) return value;
  return typeof value.value === 'object' ? structuredClone(value.value) : value.value;
};

/** What a client gave, before any cast. */
export const fromClient = (value: unknown): Value => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'object' && !(value instanceof Date) && !Array.isArray(value)) return new Json(value);
  return value as Value;
};

const unitsMs: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

export const parseInterval = (text: string): Interval => {
  const match = /^([\d.]+) ?([a-z]+?)s?$/.exec(text);
  const unitMs = unitsMs[match?.[2] ?? ''];
  if (match === null || unitMs === undefined) throw new SyntaxError(`unknown interval ${text}`);
  return new Interval(Number(match[1]) * unitMs);
};

const numeric = new Set(['bigint', 'integer', 'int', 'smallint', 'numeric', 'xid8', 'float8', 'double']);

/** `value::type`. */
export const cast = (value: Value, type: string): Value => {
  if (value === null) return null;
  if (type.endsWith('[]')) return (value as readonly Value[]).map((item) => cast(item, type.slice(0, -2)));
  if (numeric.has(type)) return toNumber(value, type);
  switch (type) {
    case 'text':
    case 'varchar':
    case 'uuid':
      return toText(value);
    case 'jsonb':
    case 'json':
      return value instanceof Json ? value : new Json(JSON.parse(String(value)));
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return value instanceof Date ? value : new Date(String(value));
    case 'boolean':
    case 'bool':
      return typeof value === 'boolean' ? value : value === 'true' || value === 't';
    case 'interval':
      return value instanceof Interval ? value : parseInterval(String(value));
    default:
      throw new SyntaxError(`unknown type ${type}`);
  }
};

const toNumber = (value: Value, type: string): number => {
  const plain = value instanceof Json ? value.value : value;
  const number = Number(plain);
  if (Number.isNaN(number)) throw new SyntaxError(`${String(plain)} is no ${type}`);
  return number;
};

const toText = (value: Value): string => {
  if (value instanceof Json) return JSON.stringify(value.value);
  return value instanceof Date ? value.toISOString() : String(value);
};

/** Negative, 0 or positive; null when one side is null. */
export const compare = (a: Value, b: Value): number | null => {
  if (a === null || b === null) return null;
  if (a instanceof Tuple && b instanceof Tuple) return compareAll(a.items, b.items);
  if (Array.isArray(a) && Array.isArray(b)) return compareAll(a as readonly Value[], b as readonly Value[]);
  if (a instanceof Json || b instanceof Json) return order(asJson(a), asJson(b));
  if (a instanceof Date || b instanceof Date) return Number(asDate(a)) - Number(asDate(b));
  if (a instanceof Interval && b instanceof Interval) return a.ms - b.ms;
  // An unknown literal takes the other side's type.
  if (typeof a === 'number' || typeof b === 'number') return Number(a) - Number(b);
  return order(a, b);
};

const asJson = (value: Value): string => JSON.stringify(value instanceof Json ? value.value : value);
const asDate = (value: Value): Date => (value instanceof Date ? value : new Date(String(value)));
const order = (a: Value, b: Value): number => {
  const [first, second] = [a, b] as [string, string];
  return first < second ? -1 : first > second ? 1 : 0;
};

const compareAll = (a: readonly Value[], b: readonly Value[]): number | null => {
  for (const [i, item] of a.entries()) {
    const compared = compare(item, b[i] ?? null);
    if (compared !== 0) return compared;
  }
  return a.length - b.length;
};

/** `a + b` and so on, for numbers, timestamps and intervals. */
export const calculate = (sign: string, a: Value, b: Value): Value => {
  if (a === null || b === null) return null;
  if (a instanceof Date && b instanceof Interval)
    return new Date(a.getTime() + (sign === '-' ? -b.ms : b.ms));
  if (a instanceof Date && b instanceof Date) return new Interval(a.getTime() - b.getTime());
  if (a instanceof Interval && b instanceof Interval)
    return new Interval(sign === '-' ? a.ms - b.ms : a.ms + b.ms);
  if (a instanceof Interval) return new Interval(sign === '/' ? a.ms / Number(b) : a.ms * Number(b));
  if (b instanceof Interval) return new Interval(Number(a) * b.ms);
  const [x, y] = [Number(a), Number(b)];
  switch (sign) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '%':
      return x % y;
    default:
      return Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(x / y) : x / y;
  }
};
