type Token = Readonly<{
  kind: 'word' | 'quoted' | 'number' | 'string' | 'parameter' | 'sign';
  text: string;
}>;

const pattern =
  /\s+|--[^\n]*|(?<word>[a-zA-Z_][a-zA-Z_0-9]*)|"(?<quoted>[^"]+)"|\$(?<parameter>\d+)|(?<number>\d+(?:\.\d+)?)|'(?<string>(?:[^']|'')*)'|\$(?<tag>[a-z_]*)\$[\s\S]*?\$\k<tag>\$|(?<sign>::|<=|>=|<>|!=|->>|->|\|\||[-+*/%<>=(),.;&[\]])/y;

/** Cuts a statement into words, numbers, strings, parameters and signs. Words are made lower-case, as PostgreSQL does. */
const tokenize = (statement: string): readonly Token[] => {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < statement.length) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(statement)?.groups;
    if (groups === undefined) throw new SyntaxError(`unknown text in SQL: ${statement.slice(at, at + 40)}`);
    for (const kind of ['word', 'quoted', 'parameter', 'number', 'string', 'sign'] as const) {
      const text = groups[kind];
      if (text === undefined) continue;
      if (kind === 'word') tokens.push({ kind, text: text.toLowerCase() });
      else tokens.push({ kind, text: kind === 'string' ? text.replaceAll("''", "'") : text });
    }
  }
  return tokens;
};

export type TokenReader = Readonly<{
  /** Whether the next tokens are these words and signs; takes nothing. */
  sees(...texts: readonly string[]): boolean;
  /** The same, and takes them. */
  takes(...texts: readonly string[]): boolean;
  /** Takes them or fails. */
  needs(...texts: readonly string[]): void;
  peek(): Token | undefined;
  /** The token that was taken last. */
  lastToken(): Token | undefined;
  /** What PostgreSQL calls a column whose expression began with `first` and ended here. */
  lastName(first: Token | undefined): string;
  next(): Token;
  /** A name of a table, column or alias. */
  name(): string;
  isAtEnd(): boolean;
  fail(what: string): never;
}>;

export const readTokens = (statement: string): TokenReader => {
  const tokens = tokenize(statement);
  let at = 0;
  const isText = (token: Token | undefined, text: string): boolean =>
    token?.text === text && (token.kind === 'word' || token.kind === 'sign');
  const sees = (...texts: readonly string[]): boolean =>
    texts.every((text, i) => isText(tokens[at + i], text));
  const fail = (what: string): never => {
    const around = tokens.slice(Math.max(0, at - 6), at + 6).map(({ text }) => text);
    throw new SyntaxError(`the simulated database does not know ${what}: … ${around.join(' ')} …`);
  };
  const takes = (...texts: readonly string[]): boolean => {
    if (!sees(...texts)) return false;
    at += texts.length;
    return true;
  };
  const next = (): Token => {
    const token = tokens[at++];
    if (token === undefined) throw new SyntaxError('a statement ends too early');
    return token;
  };
  return {
    sees,
    takes,
    needs: (...texts) => {
      if (!takes(...texts)) fail(`anything but ${texts.join(' ')} here`);
    },
    peek: () => tokens[at],
    lastToken: () => tokens[at - 1],
    lastName: (first) => {
      const last = tokens[at - 1];
      if (last?.kind === 'word' && tokens[at - 2]?.text === '::') return tokens[at - 3]?.text ?? last.text;
      return last?.kind === 'word' || last?.kind === 'quoted' ? last.text : (first?.text ?? '?column?');
    },
    next,
    name: () => {
      const token = next();
      return token.kind === 'word' || token.kind === 'quoted' ? token.text : fail('this name');
    },
    isAtEnd: () => at >= tokens.length || (at === tokens.length - 1 && isText(tokens[at], ';')),
    fail,
  };
};
