import type { Row, Values } from './execution.ts';
import { createExpressionParser, type Env, type Expression, type Query, type Scope } from './expression.ts';
import { type FromItem, parseFrom } from './from.ts';
import type { TokenReader } from './tokens.ts';
import { compare, type Value } from './values.ts';

export type SelectItem = Readonly<{ name: string; value: Expression } | { name: '*'; value: undefined }>;

type Order = Readonly<{ value: Expression; output: number; isDown: boolean; nullsFirst: boolean }>;

/** Queries of a WITH, by name, while what follows is parsed. */
export type Named = Map<string, Query>;

/** Parses SELECT, after its word was seen. */
const parseSelect = (reader: TokenReader, named: Named): Query => {
  const expressions = createExpressionParser(reader, () => parseQuery(reader, named));
  const list = (): Expression[] => {
    const items = [expressions.parse()];
    while (reader.takes(',')) items.push(expressions.parse());
    return items;
  };

  reader.needs('select');
  const distinctOn = reader.takes('distinct', 'on', '(') ? list() : undefined;
  if (distinctOn) reader.needs(')');
  const isDistinct = distinctOn === undefined && reader.takes('distinct');
  expressions.sawAggregate();
  const items = parseItems(reader, expressions.parse);
  const from = reader.takes('from') ? parseFrom(reader, named, expressions.parse) : [];
  const where = reader.takes('where') ? expressions.parse() : undefined;
  const isAggregate = expressions.sawAggregate();
  const groupBy = reader.takes('group', 'by') ? list() : undefined;
  const having = reader.takes('having') ? expressions.parse() : undefined;
  const orders = reader.takes('order', 'by') ? parseOrders(reader, items, expressions.parse) : [];
  let limit: Expression | undefined;
  let offset: Expression | undefined;
  for (;;) {
    if (reader.takes('limit')) limit = expressions.parse();
    else if (reader.takes('offset')) offset = expressions.parse();
    else break;
  }
  const locks = reader.takes('for', 'update') || reader.takes('for', 'no', 'key', 'update');
  const lockedOf = locks && reader.takes('of') ? reader.name() : undefined;
  const skipsLocked = locks && reader.takes('skip', 'locked');
  const columns = items.map(({ name }) => name);

  const run = (env: Env): readonly (readonly Value[])[] => {
    let rows: readonly Env[] = joinAll(from, env).filter((row) => where === undefined || where(row) === true);
    if (groupBy !== undefined || isAggregate) rows = groups(rows, groupBy, env);
    if (having !== undefined) rows = rows.filter((row) => having(row) === true);
    let found = rows.map((row) => ({ row, values: outputOf(items, row), keys: [] as readonly Value[] }));
    if (orders.length > 0) {
      found = found.map((one) => ({
        ...one,
        keys: orders.map(({ output, value }) => (output < 0 ? value(one.row) : (one.values[output] ?? null))),
      }));
      found.sort((a, b) => compareKeys(orders, a.keys, b.keys));
    }
    if (distinctOn) found = firstOfEach(found, ({ row }) => distinctOn.map((one) => one(row)));
    if (isDistinct) found = firstOfEach(found, ({ values }) => values);
    const first = offset === undefined ? 0 : Number(offset(env));
    const limitValue = limit === undefined ? null : limit(env);
    const most = limitValue === null ? Number.POSITIVE_INFINITY : Number(limitValue);
    if (!locks) return found.slice(first, first + most).map(({ values }) => values);

    const taken: (readonly Value[])[] = [];
    for (const { row, values } of found.slice(first)) {
      if (taken.length >= most) break;
      const sources = (row.scope?.sources ?? []).filter(
        ({ table }) => lockedOf === undefined || table.name === lockedOf || row.scope?.vars.has(lockedOf),
      );
      if (skipsLocked && sources.some(env.execution.isTaken)) continue;
      for (const source of sources) env.execution.lock(source);
      taken.push(values);
    }
    return taken;
  };
  return { columns, run };
};

/** SELECT, or WITH and a SELECT. */
export const parseQuery = (reader: TokenReader, named: Named): Query => {
  const first = parseSelect(reader, named);
  if (!reader.takes('union', 'all')) return first;
  const second = parseQuery(reader, named);
  return { columns: first.columns, run: (env) => [...first.run(env), ...second.run(env)] };
};

/** Expressions with the names of their columns. */
export const parseItems = (reader: TokenReader, parse: () => Expression): readonly SelectItem[] => {
  const items: SelectItem[] = [];
  do {
    if (reader.takes('*')) {
      items.push({ name: '*', value: undefined });
      continue;
    }
    const first = reader.peek();
    const value = parse();
    const name = reader.takes('as') ? reader.name() : isBareAlias(reader) ? reader.name() : undefined;
    items.push({ name: name ?? reader.lastName(first), value });
  } while (reader.takes(','));
  return items;
};

const isBareAlias = (reader: TokenReader): boolean => reader.peek()?.kind === 'quoted';

/** The values of a row; `*` is every column of every source. */
export const outputOf = (items: readonly SelectItem[], env: Env): readonly Value[] =>
  items.flatMap(({ value }): readonly Value[] =>
    value === undefined
      ? [...(env.scope?.vars.values() ?? [])].flatMap((row) => Object.values(row))
      : [value(env)],
  );

const parseOrders = (
  reader: TokenReader,
  items: readonly SelectItem[],
  parse: () => Expression,
): readonly Order[] => {
  const orders: Order[] = [];
  do {
    const first = reader.peek();
    const value = parse();
    const isOneWord = first?.kind === 'word' && reader.lastToken() === first;
    const output = isOneWord ? items.findIndex(({ name }) => name === first.text) : -1;
    const isDown = reader.takes('desc');
    if (!isDown) reader.takes('asc');
    const nullsFirst = reader.takes('nulls', 'first') || (isDown && !reader.takes('nulls', 'last'));
    if (!isDown) reader.takes('nulls', 'last');
    orders.push({ value, output, isDown, nullsFirst });
  } while (reader.takes(','));
  return orders;
};

const compareKeys = (orders: readonly Order[], a: readonly Value[], b: readonly Value[]): number => {
  for (const [i, { isDown, nullsFirst }] of orders.entries()) {
    const [first, second] = [a[i] ?? null, b[i] ?? null];
    if (first === null && second === null) continue;
    if (first === null || second === null) return (first === null) === nullsFirst ? -1 : 1;
    const order = Number(compare(first, second));
    if (order !== 0) return isDown ? -order : order;
  }
  return 0;
};

const firstOfEach = <T>(found: readonly T[], keyOf: (one: T) => readonly Value[]): T[] => {
  const seen = new Set<string>();
  return found.filter((one) => {
    const key = JSON.stringify(keyOf(one));
    return !seen.has(key) && seen.add(key);
  });
};

const groups = (
  rows: readonly Env[],
  groupBy: readonly Expression[] | undefined,
  env: Env,
): readonly Env[] => {
  if (groupBy === undefined) return [{ ...(rows[0] ?? env), group: rows }];
  const byKey = new Map<string, Env[]>();
  for (const row of rows) {
    const key = JSON.stringify(groupBy.map((one) => one(row)));
    byKey.set(key, [...(byKey.get(key) ?? []), row]);
  }
  return [...byKey.values()].map((group) => ({ ...(group[0] ?? env), group }));
};

/** Every combination of rows, one environment for each. */
export const joinAll = (from: readonly FromItem[], env: Env): readonly Env[] => {
  let rows: readonly Env[] = [{ ...env, scope: { vars: new Map(), sources: [], parent: env.scope } }];
  for (const item of from) rows = rows.flatMap((row) => joinOne(item, row));
  return rows;
};

const joinOne = (item: FromItem, env: Env): readonly Env[] => {
  const joined: Env[] = [];
  for (const { values, source } of item.rows(env)) {
    const next = withRow(env, { alias: item.alias, values, source });
    if (item.on === undefined || item.on(next) === true) joined.push(next);
  }
  if (joined.length > 0 || !item.isOuter) return joined;
  return [withRow(env, { alias: item.alias, values: item.nothing(env), source: undefined })];
};

type Added = Readonly<{ alias: string; values: Values; source: Row | undefined }>;

const withRow = (env: Env, { alias, values, source }: Added): Env => {
  const outer = env.scope as Scope;
  const scope: Scope = {
    vars: new Map([...outer.vars, [alias, values]]),
    sources: source === undefined ? outer.sources : [...outer.sources, source],
    parent: outer.parent,
  };
  return { ...env, scope };
};
