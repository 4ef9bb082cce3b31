import type { Execution, Row, Values } from './execution.ts';
import { aggregateFunctions, scalarFunctions } from './functions.ts';
import {
  both,
  comparisons,
  concat,
  either,
  isDistinct,
  isLike,
  isZero,
  member,
  negatedIf,
  not,
  quantified,
  testOf,
  textOf,
  toLocalTime,
} from './operators.ts';
import type { TokenReader } from './tokens.ts';
import { calculate, cast, compare, parseInterval, Tuple, type Value } from './values.ts';

/** The rows that names refer to, from the inside out. `sources`: the stored rows behind them. */
export type Scope = Readonly<{
  vars: ReadonlyMap<string, Values>;
  sources: readonly Row[];
  parent: Scope | undefined;
}>;

export type Env = Readonly<{
  execution: Execution;
  params: readonly Value[];
  scope: Scope | undefined;
  /** The rows of a group, for aggregates. */
  group?: readonly Env[];
}>;

export type Expression = (env: Env) => Value;

/** A subselect gives rows of values in the order of its columns. */
export type Query = Readonly<{ columns: readonly string[]; run(env: Env): readonly (readonly Value[])[] }>;

export type ExpressionParser = Readonly<{
  parse(): Expression;
  /** Whether an aggregate was parsed since it was last asked. */
  sawAggregate(): boolean;
}>;

/** Parses expressions into functions: a statement is parsed once and run often. */
export const createExpressionParser = (reader: TokenReader, parseQuery: () => Query): ExpressionParser => {
  let aggregates = false;

  const parseOr = (): Expression => {
    let left = parseAnd();
    while (reader.takes('or')) {
      const [a, b] = [left, parseAnd()];
      left = (env) => either(a(env), () => b(env));
    }
    return left;
  };

  const parseAnd = (): Expression => {
    let left = parseNot();
    while (reader.takes('and')) {
      const [a, b] = [left, parseNot()];
      left = (env) => both(a(env), () => b(env));
    }
    return left;
  };

  const parseNot = (): Expression => {
    if (!reader.takes('not')) return parseIs();
    const inner = parseNot();
    return (env) => not(inner(env));
  };

  const parseIs = (): Expression => {
    let left = parseComparison();
    while (reader.takes('is')) {
      const isNot = reader.takes('not');
      const inner = left;
      if (reader.takes('distinct', 'from')) {
        const other = parseComparison();
        left = (env) => isDistinct(inner(env), other(env)) !== isNot;
        continue;
      }
      const word = reader.next().text;
      const test = testOf(word) ?? reader.fail(`is ${word}`);
      left = (env) => test(inner(env)) !== isNot;
    }
    return left;
  };

  const parseComparison = (): Expression => {
    const left = parseBetween();
    const sign = reader.peek()?.text ?? '';
    if (reader.peek()?.kind !== 'sign' || !(sign in comparisons)) return left;
    reader.next();
    const holds = comparisons[sign] as (order: number) => boolean;
    const isAny = reader.sees('any', '(');
    if (isAny || reader.sees('all', '(')) {
      reader.next();
      reader.needs('(');
      const list = reader.sees('select') ? subselect() : parseOr();
      reader.needs(')');
      return (env) => quantified(left(env), list(env), { holds, isAny });
    }
    const right = parseBetween();
    return (env) => {
      const order = compare(left(env), right(env));
      return order === null ? null : holds(order);
    };
  };

  /** A subselect as an array of its first column. */
  const subselect = (): Expression => {
    const query = parseQuery();
    return (env) => query.run(env).map(([first = null]) => first);
  };

  const parseBetween = (): Expression => {
    const left = parseConcat();
    const isNot = reader.sees('not', 'in') || reader.sees('not', 'between') || reader.sees('not', 'ilike');
    if (isNot) reader.next();
    if (reader.takes('in', '(')) {
      const list = reader.sees('select') ? subselect() : parseList();
      reader.needs(')');
      return (env) => negatedIf(isNot, quantified(left(env), list(env), { holds: isZero, isAny: true }));
    }
    if (reader.takes('between')) {
      const low = parseConcat();
      reader.needs('and');
      const high = parseConcat();
      return (env) => {
        const [value, from, to] = [left(env), low(env), high(env)];
        const [below, above] = [compare(value, from), compare(value, to)];
        return below === null || above === null ? null : negatedIf(isNot, below >= 0 && above <= 0);
      };
    }
    if (reader.takes('ilike') || reader.takes('like')) {
      const shape = parseConcat();
      return (env) => negatedIf(isNot, isLike(left(env), shape(env)));
    }
    return left;
  };

  const parseList = (): Expression => {
    const items = [parseOr()];
    while (reader.takes(',')) items.push(parseOr());
    return (env) => items.map((item) => item(env));
  };

  const parseConcat = (): Expression => {
    let left = parseSum();
    for (;;) {
      const a = left;
      if (reader.takes('||')) {
        const b = parseSum();
        left = (env) => concat(a(env), b(env));
      } else if (reader.takes('->>')) {
        const b = parseSum();
        left = (env) => textOf(member(a(env), b(env)));
      } else if (reader.takes('->')) {
        const b = parseSum();
        left = (env) => member(a(env), b(env));
      } else if (reader.takes('&')) {
        const b = parseSum();
        left = (env) => Number(a(env)) & Number(b(env));
      } else return left;
    }
  };

  const parseSum = (): Expression => parseSigns(['+', '-'], parseProduct);
  const parseProduct = (): Expression => parseSigns(['*', '/', '%'], parseUnary);

  const parseSigns = (signs: readonly string[], parseOperand: () => Expression): Expression => {
    let left = parseOperand();
    for (;;) {
      const sign = signs.find((one) => reader.takes(one));
      if (sign === undefined) return left;
      const [a, b] = [left, parseOperand()];
      left = (env) => calculate(sign, a(env), b(env));
    }
  };

  const parseUnary = (): Expression => {
    if (!reader.takes('-')) return parseCast();
    const inner = parseUnary();
    return (env) => calculate('-', 0, inner(env));
  };

  const parseCast = (): Expression => {
    let left = parsePrimary();
    for (;;) {
      const inner = left;
      if (reader.takes('::')) {
        const type = parseType(reader);
        left = (env) => cast(inner(env), type);
      } else if (reader.takes('at', 'time', 'zone')) {
        if (reader.next().text !== 'UTC') reader.fail('this time zone');
        left = (env) => toLocalTime(inner(env));
      } else return left;
    }
  };

  const parsePrimary = (): Expression => {
    const token = reader.next();
    switch (token.kind) {
      case 'number': {
        const value = Number(token.text);
        return () => value;
      }
      case 'string':
        return () => token.text;
      case 'parameter': {
        const place = Number(token.text) - 1;
        return (env) => env.params[place] ?? null;
      }
      case 'sign':
        return token.text === '(' ? parseParentheses() : reader.fail(token.text);
      case 'quoted':
      case 'word':
        return parseWord(token.text, token.kind === 'quoted');
    }
  };

  const parseParentheses = (): Expression => {
    if (reader.sees('select') || reader.sees('with')) {
      const query = parseQuery();
      reader.needs(')');
      return (env) => query.run(env)[0]?.[0] ?? null;
    }
    const items = [parseOr()];
    while (reader.takes(',')) items.push(parseOr());
    reader.needs(')');
    const [only] = items;
    return items.length === 1 && only ? only : (env) => new Tuple(items.map((item) => item(env)));
  };

  const parseWord = (word: string, isQuoted: boolean): Expression => {
    if (!isQuoted) {
      if (word in constants) return () => constants[word] ?? null;
      if (word === 'exists') return parseExists();
      if (word === 'case') return parseCase();
      if (word === 'array' && reader.takes('[')) {
        const list = reader.sees(']') ? () => [] : parseList();
        reader.needs(']');
        return list;
      }
      if (word === 'interval') {
        const interval = parseInterval(reader.next().text);
        return () => interval;
      }
    }
    if (reader.takes('(')) return parseCall(word);
    if (!reader.takes('.')) return (env) => lookUp(env, undefined, word);
    const column = reader.name();
    return (env) => lookUp(env, word, column);
  };

  const parseExists = (): Expression => {
    reader.needs('(');
    const query = parseQuery();
    reader.needs(')');
    return (env) => query.run(env).length > 0;
  };

  const parseCase = (): Expression => {
    const branches: [Expression, Expression][] = [];
    while (reader.takes('when')) {
      const condition = parseOr();
      reader.needs('then');
      branches.push([condition, parseOr()]);
    }
    const otherwise = reader.takes('else') ? parseOr() : () => null;
    reader.needs('end');
    return (env) => (branches.find(([condition]) => condition(env) === true)?.[1] ?? otherwise)(env);
  };

  const parseCall = (name: string): Expression => {
    const isStar = reader.takes('*');
    const isDistinctOnly = reader.takes('distinct');
    const args: Expression[] = [];
    while (!reader.sees(')')) {
      // `name => value`
      args.push(parseOr());
      if (!reader.takes(',')) break;
    }
    reader.needs(')');
    const aggregate = aggregateFunctions[name];
    if (aggregate !== undefined) {
      aggregates = true;
      const condition = parseFilter();
      const arg: Expression = isStar ? () => true : (args[0] ?? (() => true));
      return (env) => {
        const values = (env.group ?? [])
          .filter((one) => condition === undefined || condition(one) === true)
          .map(arg)
          .filter((value) => value !== null);
        return aggregate(isDistinctOnly ? [...new Set(values)] : values);
      };
    }
    const scalar = scalarFunctions[name] ?? reader.fail(`the function ${name}`);
    return (env) =>
      scalar(
        env.execution,
        args.map((arg) => arg(env)),
      );
  };

  const parseFilter = (): Expression | undefined => {
    if (!reader.takes('filter', '(', 'where')) return undefined;
    const condition = parseOr();
    reader.needs(')');
    return condition;
  };

  return {
    parse: parseOr,
    sawAggregate: () => {
      const saw = aggregates;
      aggregates = false;
      return saw;
    },
  };
};

/** `text`, `bigint[]`, `timestamp with time zone` … */
export const parseType = (reader: TokenReader): string => {
  let type = reader.name();
  if (reader.takes('with', 'time', 'zone')) type = 'timestamptz';
  if (type === 'double') reader.takes('precision');
  while (reader.takes('[', ']')) type += '[]';
  return type;
};

const constants: Readonly<Record<string, Value>> = { null: null, true: true, false: false };

const lookUp = ({ scope }: Env, alias: string | undefined, column: string): Value => {
  for (let inner = scope; inner !== undefined; inner = inner.parent) {
    if (alias !== undefined) {
      const row = inner.vars.get(alias);
      if (row === undefined) continue;
      if (!(column in row)) break;
      return row[column] ?? null;
    }
    for (const row of inner.vars.values()) if (column in row) return row[column] ?? null;
  }
  throw new SyntaxError(`the simulated database has no column ${alias ? `${alias}.` : ''}${column}`);
};
