import type { Row, Values } from './execution.ts';
import type { Env, Expression } from './expression.ts';
import { type Named, parseQuery } from './select.ts';
import type { TokenReader } from './tokens.ts';
import { Json, type Value } from './values.ts';

/** One table, function or subselect of a FROM. */
export type FromItem = Readonly<{
  alias: string;
  rows(env: Env): Iterable<Readonly<{ values: Values; source: Row | undefined }>>;
  on: Expression | undefined;
  isOuter: boolean;
  /** What stands for a row that an outer join did not find. */
  nothing(env: Env): Values;
}>;

const endsFrom = new Set([
  ...['where', 'order', 'limit', 'offset', 'for', 'on', 'join', 'left', 'inner', 'cross', 'group', 'having'],
  ...['set', 'returning', 'union', 'using', 'with', 'as', 'values', 'select'],
]);

export const parseFrom = (
  reader: TokenReader,
  named: Named,
  parse: () => Expression,
): readonly FromItem[] => {
  const items = [parseItem(reader, named, parse)];
  for (;;) {
    const isOuter = reader.takes('left', 'outer') || reader.takes('left');
    if (isOuter || reader.sees('join') || reader.sees('inner', 'join') || reader.sees('cross', 'join')) {
      reader.takes('inner');
      const isCross = reader.takes('cross');
      reader.needs('join');
      const item = parseItem(reader, named, parse);
      if (!isCross) reader.needs('on');
      items.push({ ...item, isOuter, on: isCross ? undefined : parse() });
    } else if (reader.takes(',')) items.push(parseItem(reader, named, parse));
    else return items;
  }
};

const parseItem = (reader: TokenReader, named: Named, parse: () => Expression): FromItem => {
  reader.takes('lateral');
  if (reader.takes('(')) {
    const query = parseQuery(reader, named);
    reader.needs(')');
    const { alias, columns } = parseAlias(reader);
    return ofRows(alias ?? '', columns ?? query.columns, query.run);
  }
  const name = reader.name();
  if (reader.takes('(')) return parseFunction(reader, parse, name);
  const query = named.get(name);
  const { alias, columns } = parseAlias(reader);
  if (query !== undefined) return ofRows(alias ?? name, columns ?? query.columns, query.run);
  return tableItem(name, alias ?? name);
};

/** The rows of a table as the transaction sees them. */
export const tableItem = (name: string, alias: string): FromItem => ({
  alias,
  rows: function* ({ execution }) {
    for (const source of execution.table(name).rows) {
      const values = execution.see(source);
      if (values !== null) yield { values, source };
    }
  },
  on: undefined,
  isOuter: false,
  nothing: ({ execution }) =>
    Object.fromEntries(execution.table(name).columns.map((column) => [column.name, null])),
});

const parseFunction = (reader: TokenReader, parse: () => Expression, name: string): FromItem => {
  const args: Expression[] = [];
  while (!reader.sees(')')) {
    args.push(parse());
    if (!reader.takes(',')) break;
  }
  reader.needs(')');
  const isNumbered = reader.takes('with', 'ordinality');
  const { alias, columns } = parseAlias(reader);
  const builtIn = tableFunctions[name];
  const item = ofRows(alias ?? name, columns ?? [alias ?? name], (env) => {
    const values = args.map((arg) => arg(env));
    const rows = builtIn?.(values) ?? callTableFunction(env, name, values);
    return isNumbered ? rows.map((row, i) => [...row, i + 1]) : rows;
  });
  if (builtIn !== undefined) return item;
  // A function of the product has named columns.
  return {
    ...item,
    rows: function* (env) {
      const { columns: own = [] } = env.execution.tableFunction(name) ?? {};
      for (const row of callTableFunction(
        env,
        name,
        args.map((arg) => arg(env)),
      ))
        yield { values: toValues(columns ?? own, row), source: undefined };
    },
  };
};

const callTableFunction = (env: Env, name: string, args: readonly Value[]): readonly (readonly Value[])[] => {
  const called = env.execution.tableFunction(name);
  if (called === undefined)
    throw new SyntaxError(`the simulated database does not know the function ${name}`);
  return called.run(env.execution, args);
};

const tableFunctions: Readonly<Record<string, (args: readonly Value[]) => readonly (readonly Value[])[]>> = {
  jsonb_array_elements: ([array = null]) =>
    array instanceof Json ? (array.value as readonly unknown[]).map((item) => [new Json(item)]) : [],
  unnest: (arrays) => {
    const lists = arrays.map((array) => (array ?? []) as readonly Value[]);
    const length = Math.max(0, ...lists.map((list) => list.length));
    return Array.from({ length }, (_, i) => lists.map((list) => list[i] ?? null));
  },
  generate_series: ([from = null, to = null]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => [Number(from) + i]),
};

const ofRows = (
  alias: string,
  columns: readonly string[],
  run: (env: Env) => readonly (readonly Value[])[],
): FromItem => ({
  alias,
  rows: function* (env) {
    for (const row of run(env)) yield { values: toValues(columns, row), source: undefined };
  },
  on: undefined,
  isOuter: false,
  nothing: () => toValues(columns, []),
});

const toValues = (columns: readonly string[], row: readonly Value[]): Values =>
  Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null]));

const parseAlias = (reader: TokenReader): { alias?: string; columns?: readonly string[] } => {
  const token = reader.peek();
  const isAlias = reader.takes('as') || (token?.kind === 'word' && !endsFrom.has(token.text));
  if (!isAlias) return {};
  const alias = reader.name();
  if (!reader.takes('(')) return { alias };
  const columns = [reader.name()];
  while (reader.takes(',')) columns.push(reader.name());
  reader.needs(')');
  return { alias, columns };
};
