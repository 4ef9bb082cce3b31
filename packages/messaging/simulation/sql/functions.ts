import { compare, Interval, Json, Tuple, type Value } from './values.ts';

/** What a function may know of where it runs. */
export type CallContext = Readonly<{
  /** `now()`: when the transaction began. */
  nowMs: number;
  /** The transaction's id; takes one when it has none. */
  xid(): number;
  /** The oldest transaction that is still under way, or the next id. */
  xmin(): number;
}>;

export type ScalarFunction = (call: CallContext, args: readonly Value[]) => Value;

const extreme =
  (sign: 1 | -1): ScalarFunction =>
  (_call, args) => {
    const known = args.filter((arg) => arg !== null);
    return known.reduce<Value>(
      (best, arg) => (best === null || Number(compare(arg, best)) * sign > 0 ? arg : best),
      null,
    );
  };

const onText =
  (change: (text: string) => Value): ScalarFunction =>
  (_call, [text = null]) =>
    text === null ? null : change(String(text));

/** The scalar functions of PostgreSQL that the product's statements call. */
export const scalarFunctions: Readonly<Record<string, ScalarFunction>> = {
  now: ({ nowMs }) => new Date(nowMs),
  clock_timestamp: ({ nowMs }) => new Date(nowMs),
  coalesce: (_call, args) => args.find((arg) => arg !== null) ?? null,
  nullif: (_call, [a = null, b = null]) => (compare(a, b) === 0 ? null : a),
  least: extreme(-1),
  greatest: extreme(1),
  power: (_call, [a = null, b = null]) => Number(a) ** Number(b),
  mod: (_call, [a = null, b = null]) => Number(a) % Number(b),
  abs: (_call, [a = null]) => (a === null ? null : Math.abs(Number(a))),
  floor: (_call, [a = null]) => (a === null ? null : Math.floor(Number(a))),
  lower: onText((text) => text.toLowerCase()),
  length: onText((text) => text.length),
  hashtext: onText(hash),
  hashtextextended: onText(hash),
  make_interval: (_call, args) => new Interval(Number(args.at(-1)) * 1_000),
  pg_current_xact_id: (call) => call.xid(),
  pg_current_snapshot: () => null,
  pg_snapshot_xmin: (call) => call.xmin(),
  pg_notify: () => '',
  to_json: (_call, [value = null]) => (value === null ? null : new Json(value)),
  to_jsonb: (_call, [value = null]) => (value === null ? null : new Json(value)),
  jsonb_array_length: (_call, [value = null]) =>
    value instanceof Json ? (value.value as readonly unknown[]).length : null,
  row: (_call, args) => new Tuple(args),
};

/** Not PostgreSQL's, but as even, and the same in every run. */
function hash(text: string): number {
  let sum = 2_166_136_261;
  for (const character of text) sum = Math.imul(sum ^ (character.codePointAt(0) ?? 0), 16_777_619);
  return sum | 0;
}

export const aggregateFunctions: Readonly<Record<string, (values: readonly Value[]) => Value>> = {
  count: (values) => values.length,
  max: (values) => extreme(1)(noCall, values),
  min: (values) => extreme(-1)(noCall, values),
  sum: (values) =>
    values.length === 0 ? null : values.reduce<number>((sum, value) => sum + Number(value), 0),
  bool_or: (values) => (values.length === 0 ? null : values.includes(true)),
  bool_and: (values) => (values.length === 0 ? null : values.every((value) => value === true)),
  array_agg: (values) => (values.length === 0 ? null : values),
};

const noCall: CallContext = { nowMs: 0, xid: () => 0, xmin: () => 0 };
