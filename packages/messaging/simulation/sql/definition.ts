import type { Column, Execution, Table } from './execution.ts';
import { createExpressionParser, parseType } from './expression.ts';
import { parseQuery } from './select.ts';
import type { Statement } from './statement.ts';
import type { TokenReader } from './tokens.ts';
import { cast } from './values.ts';

/** A database that tables can be added to. */
type Catalogue = Readonly<{ addTable(table: Table): void }>;

const nothing = { columns: [], rows: [], affected: 0 };

/** CREATE TABLE and ALTER TABLE … ADD COLUMN of the product's own migrations; indexes, functions and grants are passed over. */
export const parseDefinition = (reader: TokenReader): Statement => {
  if (reader.takes('create', 'table')) return parseTable(reader);
  if (reader.takes('alter', 'table')) return parseAlter(reader);
  if (reader.takes('create', 'unique', 'index')) return parseUniqueIndex(reader);
  const isKnown = ['create', 'comment', 'grant', 'revoke', 'drop', 'lock', 'do', 'set'].some((word) =>
    reader.sees(word),
  );
  if (!isKnown) reader.fail('this statement');
  while (!reader.isAtEnd()) reader.next();
  return { run: () => nothing };
};

const parseTable = (reader: TokenReader): Statement => {
  reader.takes('if', 'not', 'exists');
  const name = reader.name();
  reader.needs('(');
  const columns: Column[] = [];
  const uniques: (readonly string[])[] = [];
  do {
    const isUnique = reader.takes('unique') || reader.takes('primary', 'key');
    if (isUnique) uniques.push(parseNames(reader));
    else if (reader.sees('check') || reader.sees('foreign') || reader.sees('constraint')) skipPart(reader);
    else columns.push(parseColumn(reader, uniques));
  } while (reader.takes(','));
  reader.needs(')');
  return {
    run: ({ execution }) => {
      catalogueOf(execution).addTable({ name, columns, uniques: [...uniques], rows: [], lastIdentity: 0 });
      return nothing;
    },
  };
};

const parseAlter = (reader: TokenReader): Statement => {
  const name = reader.name();
  const columns: Column[] = [];
  const uniques: (readonly string[])[] = [];
  do {
    if (reader.takes('add', 'constraint')) {
      reader.name();
      if (reader.takes('unique')) uniques.push(parseNames(reader));
      else skipPart(reader);
      continue;
    }
    if (!reader.takes('add', 'column')) {
      // A key that is taken away while another one takes its place: the former goes on here, it only refuses more.
      skipPart(reader);
      continue;
    }
    reader.takes('if', 'not', 'exists');
    columns.push(parseColumn(reader, []));
  } while (reader.takes(','));
  return {
    run: ({ execution }) => {
      const table = execution.table(name);
      table.columns = [...table.columns, ...columns];
      table.uniques.push(...uniques);
      for (const row of table.rows)
        if (row.committed !== null)
          row.committed = {
            ...Object.fromEntries(
              columns.map((column) => [column.name, column.byDefault?.(execution) ?? null]),
            ),
            ...row.committed,
          };
      return nothing;
    },
  };
};

/** A partial one is passed over: it can only refuse more. */
const parseUniqueIndex = (reader: TokenReader): Statement => {
  reader.name();
  reader.needs('on');
  const name = reader.name();
  const columns = parseNames(reader);
  const isPartial = reader.takes('where');
  while (!reader.isAtEnd()) reader.next();
  return {
    run: ({ execution }) => {
      if (!isPartial) execution.table(name).uniques.push(columns);
      return nothing;
    },
  };
};

const parseColumn = (reader: TokenReader, uniques: (readonly string[])[]): Column => {
  const name = reader.name();
  const type = parseType(reader);
  const parser = createExpressionParser(reader, () => parseQuery(reader, new Map()));
  let isIdentity = false;
  let isRequired = false;
  let byDefault: Column['byDefault'];
  for (;;) {
    if (reader.takes('generated', 'always', 'as', 'identity')) isIdentity = true;
    else if (reader.takes('generated', 'by', 'default', 'as', 'identity')) isIdentity = true;
    else if (reader.takes('primary', 'key') || reader.takes('unique')) uniques.push([name]);
    else if (reader.takes('not', 'null')) isRequired = true;
    else if (reader.takes('null')) isRequired = false;
    else if (reader.takes('default')) {
      const value = parser.parse();
      byDefault = (execution) => cast(value({ execution, params: [], scope: undefined }), type);
    } else if (reader.sees('check') || reader.sees('references')) skipPart(reader);
    else return { name, type, isIdentity, isRequired, byDefault };
  }
};

/** Up to the comma or the end of what it stands in. */
const skipPart = (reader: TokenReader): void => {
  for (let depth = 0; !reader.isAtEnd(); reader.next()) {
    if (depth === 0 && (reader.sees(',') || reader.sees(')'))) return;
    if (reader.sees('(')) depth += 1;
    if (reader.sees(')')) depth -= 1;
  }
};

const parseNames = (reader: TokenReader): readonly string[] => {
  reader.needs('(');
  const names: string[] = [];
  do {
    names.push(reader.name());
    reader.takes('desc');
  } while (reader.takes(','));
  reader.needs(')');
  return names;
};

const catalogueOf = (execution: Execution): Catalogue => execution as Execution & Catalogue;
