/** Bytes that a service may answer with (latin1), and what becomes of them. */
export type AnswerCase = Readonly<{
  name: string;
  rule: string;
  bytes: string;
  method?: 'GET' | 'HEAD';
  /** What the service does after them; `waits` for the next request if nothing is said. */
  afterwards?: 'waits' | 'ends';
  /** What the client gets; `broken off`: a beginning, and then no proper end. */
  becomes:
    | Readonly<{ status: number; body?: string; headers?: Readonly<Record<string, string | undefined>> }>
    | 'broken off';
  /** Whether the next request goes over the same connection: never after bytes that nobody asked for. */
  reused: boolean;
}>;

export const answer = (head: readonly string[], body = ''): string =>
  ['HTTP/1.1 200 OK', ...head, '', body].join('\r\n');

/** What is no HTTP: the client hears of a bad gateway, and the connection is given up. */
export const bad = (
  name: string,
  rule: string,
  bytes: string,
  afterwards: AnswerCase['afterwards'] = 'waits',
): AnswerCase => ({
  name,
  rule,
  bytes,
  afterwards,
  becomes: { status: 502 },
  reused: false,
});

export const sound = (
  name: string,
  rule: string,
  bytes: string,
  becomes: Partial<Exclude<AnswerCase['becomes'], string>> = {},
): AnswerCase => ({ name, rule, bytes, becomes: { status: 200, ...becomes }, reused: true });
