import { parseDefinition } from './definition.ts';
import type { Execution, Row, Table, Values } from './execution.ts';
import { createExpressionParser, type Env, type Expression, type Query } from './expression.ts';
import { type FromItem, parseFrom, tableItem } from './from.ts';
import { joinAll, type Named, outputOf, parseItems, parseQuery, type SelectItem } from './select.ts';
import { readTokens, type TokenReader } from './tokens.ts';
import { cast, type Value } from './values.ts';

export type Outcome = Readonly<{
  columns: readonly string[];
  rows: readonly (readonly Value[])[];
  affected: number;
}>;

/** A statement ready to run, any number of times. */
export type Statement = Readonly<{ run(env: Env): Outcome }>;

/** As much of PostgreSQL's SQL as the product's statements use; what it does not know it refuses. */
export const parseStatement = (text: string): Statement => {
  const reader = readTokens(text);
  const statement = parseAny(reader, new Map());
  if (!reader.isAtEnd()) reader.fail('this ending');
  return statement;
};

const parseAny = (reader: TokenReader, named: Named): Statement => {
  if (reader.takes('with')) return parseWith(reader, named);
  if (reader.sees('select')) return fromQuery(parseQuery(reader, named));
  if (reader.takes('insert', 'into')) return parseInsert(reader, named);
  if (reader.takes('update')) return parseUpdate(reader, named);
  if (reader.takes('delete', 'from')) return parseDelete(reader, named);
  return parseDefinition(reader);
};

const fromQuery = ({ columns, run }: Query): Statement => ({
  run: (env) => {
    const rows = run(env);
    return { columns, rows, affected: rows.length };
  },
});

/** Each part runs once, in its order, and then what follows them. */
const parseWith = (reader: TokenReader, named: Named): Statement => {
  const parts: { statement: Statement; keep: (rows: Outcome) => void }[] = [];
  do {
    const name = reader.name();
    reader.takes('as');
    reader.takes('materialized');
    reader.needs('(');
    const statement = parseAny(reader, named);
    reader.needs(')');
    let kept: Outcome = { columns: [], rows: [], affected: 0 };
    parts.push({
      statement,
      keep: (outcome) => {
        kept = outcome;
      },
    });
    named.set(name, {
      get columns() {
        return columnsOf(statement) ?? kept.columns;
      },
      run: () => kept.rows,
    });
  } while (reader.takes(','));
  const last = parseAny(reader, named);
  return {
    run: (env) => {
      for (const { statement, keep } of parts) keep(statement.run(env));
      return last.run(env);
    },
  };
};

const knownColumns = new WeakMap<Statement, readonly string[]>();
const columnsOf = (statement: Statement): readonly string[] | undefined => knownColumns.get(statement);

const parseReturning = (reader: TokenReader, parse: () => Expression): readonly SelectItem[] =>
  reader.takes('returning') ? parseItems(reader, parse) : [];

const withReturning = (items: readonly SelectItem[], run: (env: Env) => readonly Env[]): Statement => {
  const statement: Statement = {
    run: (env) => {
      const written = run(env);
      const rows = items.length === 0 ? [] : written.map((row) => outputOf(items, row));
      return { columns: items.map(({ name }) => name), rows, affected: written.length };
    },
  };
  knownColumns.set(
    statement,
    items.map(({ name }) => name),
  );
  return statement;
};

/** The environment in which RETURNING and DO UPDATE see a row. */
const seeing = (env: Env, vars: ReadonlyMap<string, Values>): Env => ({
  ...env,
  scope: { vars, sources: [], parent: env.scope },
});

const parseInsert = (reader: TokenReader, named: Named): Statement => {
  const parser = createExpressionParser(reader, () => parseQuery(reader, named));
  const tableName = reader.name();
  const alias = reader.takes('as') ? reader.name() : tableName;
  const columns = parseNames(reader);
  const isQuery = reader.sees('select');
  const rowsOf = isQuery ? parseQuery(reader, named).run : parseValues(reader, parser.parse);
  const onConflict = parseOnConflict(reader, parser.parse);
  const returning = parseReturning(reader, parser.parse);

  return withReturning(returning, (env) => {
    const { execution } = env;
    const table = execution.table(tableName);
    const written: Env[] = [];
    for (const given of rowsOf(env)) {
      const values = complete(execution, table, new Map(columns.map((name, i) => [name, given[i] ?? null])));
      const row = execution.insert(table, values, onConflict !== undefined);
      if (row !== undefined) written.push(seeing(env, new Map([[alias, values]])));
      else if (onConflict?.sets !== undefined) {
        const updated = updateConflicting(env, {
          table,
          alias,
          values,
          ...onConflict,
          sets: onConflict.sets,
        });
        if (updated !== undefined) written.push(updated);
      }
    }
    return written;
  });
};

type Sets = readonly Readonly<{ column: string; value: Expression }>[];

const updateConflicting = (
  env: Env,
  o: Readonly<{ table: Table; alias: string; values: Values; sets: Sets; where: Expression | undefined }>,
): Env | undefined => {
  const { execution } = env;
  const row = execution.findConflict(o.table, o.values);
  if (row === undefined) return undefined;
  execution.lock(row);
  const before = execution.see(row) as Values;
  const both = seeing(
    env,
    new Map([
      [o.alias, before],
      ['excluded', o.values],
    ]),
  );
  if (o.where !== undefined && o.where(both) !== true) return undefined;
  const after = { ...before, ...assign(o.table, o.sets, both) };
  execution.write(row, after);
  return seeing(env, new Map([[o.alias, after]]));
};

const parseOnConflict = (
  reader: TokenReader,
  parse: () => Expression,
): { sets: Sets | undefined; where: Expression | undefined } | undefined => {
  if (!reader.takes('on', 'conflict')) return undefined;
  if (reader.sees('(')) parseNames(reader);
  if (reader.takes('do', 'nothing')) return { sets: undefined, where: undefined };
  reader.needs('do', 'update', 'set');
  const sets = parseSets(reader, parse);
  return { sets, where: reader.takes('where') ? parse() : undefined };
};

const parseUpdate = (reader: TokenReader, named: Named): Statement => {
  const parser = createExpressionParser(reader, () => parseQuery(reader, named));
  const name = reader.name();
  reader.takes('as');
  const alias = reader.sees('set') ? name : reader.name();
  reader.needs('set');
  const sets = parseSets(reader, parser.parse);
  const others = reader.takes('from') ? parseFrom(reader, named, parser.parse) : [];
  const where = reader.takes('where') ? parser.parse() : undefined;
  const returning = parseReturning(reader, parser.parse);
  const from = [tableItem(name, alias), ...others];
  return withReturning(returning, (env) =>
    lockAll(env, from, where).map(({ row, source }) => {
      const values = {
        ...(env.execution.see(source) as Values),
        ...assign(source.table, sets, row),
      };
      env.execution.write(source, values);
      return {
        ...row,
        scope: { ...row.scope, vars: new Map([...(row.scope?.vars ?? []), [alias, values]]) },
      } as Env;
    }),
  );
};

const parseDelete = (reader: TokenReader, named: Named): Statement => {
  const parser = createExpressionParser(reader, () => parseQuery(reader, named));
  const name = reader.name();
  const token = reader.peek();
  const hasAlias = token?.kind === 'word' && !['where', 'using', 'returning'].includes(token.text);
  if (hasAlias) reader.takes('as');
  const alias = hasAlias ? reader.name() : name;
  const others = reader.takes('using') ? parseFrom(reader, named, parser.parse) : [];
  const where = reader.takes('where') ? parser.parse() : undefined;
  const returning = parseReturning(reader, parser.parse);
  const from = [tableItem(name, alias), ...others];
  return withReturning(returning, (env) =>
    lockAll(env, from, where).map(({ row, source }) => {
      env.execution.write(source, null);
      return row;
    }),
  );
};

/** Rows that the condition holds for, each once, all of them locked before the first is written. */
const lockAll = (
  env: Env,
  from: readonly FromItem[],
  where: Expression | undefined,
): readonly Readonly<{ row: Env; source: Row }>[] => {
  const found = new Map<Row, Env>();
  for (const row of joinAll(from, env)) {
    const source = row.scope?.sources[0] as Row;
    if (!found.has(source) && (where === undefined || where(row) === true)) found.set(source, row);
  }
  for (const source of found.keys()) env.execution.lock(source);
  return [...found].map(([source, row]) => ({ row, source }));
};

const parseSets = (reader: TokenReader, parse: () => Expression): Sets => {
  const sets: { column: string; value: Expression }[] = [];
  do {
    const column = reader.name();
    reader.needs('=');
    sets.push({ column, value: parse() });
  } while (reader.takes(','));
  return sets;
};

const assign = (table: Table, sets: Sets, env: Env): Values =>
  Object.fromEntries(sets.map(({ column, value }) => [column, toColumn(table, column, value(env))]));

const toColumn = (table: Table, name: string, value: Value): Value => {
  const column = table.columns.find((one) => one.name === name);
  if (column === undefined) throw new SyntaxError(`${table.name} has no column ${name}`);
  return cast(value, column.type);
};

/** The whole row: what was given, defaults, identity. */
const complete = (execution: Execution, table: Table, given: ReadonlyMap<string, Value>): Values => {
  for (const name of given.keys()) toColumn(table, name, null);
  const values: Record<string, Value> = {};
  for (const column of table.columns) {
    const value = given.has(column.name)
      ? toColumn(table, column.name, given.get(column.name) ?? null)
      : column.isIdentity
        ? ++table.lastIdentity
        : (column.byDefault?.(execution) ?? null);
    if (value === null && column.isRequired) throw new SyntaxError(`${table.name}.${column.name} is null`);
    values[column.name] = value;
  }
  return values;
};

const parseNames = (reader: TokenReader): readonly string[] => {
  reader.needs('(');
  const names = [reader.name()];
  while (reader.takes(',')) names.push(reader.name());
  reader.needs(')');
  return names;
};

const parseValues = (
  reader: TokenReader,
  parse: () => Expression,
): ((env: Env) => readonly (readonly Value[])[]) => {
  reader.needs('values');
  const rows: Expression[][] = [];
  do {
    reader.needs('(');
    const row = [parse()];
    while (reader.takes(',')) row.push(parse());
    reader.needs(')');
    rows.push(row);
  } while (reader.takes(','));
  return (env) => rows.map((row) => row.map((value) => value(env)));
};
