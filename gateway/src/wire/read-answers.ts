/** One answer as a strict client reads it. */
export type ReadAnswer = Readonly<{
  status: number;
  headers: ReadonlyMap<string, string>;
  /** Lines of the head, as they came. */
  lines: readonly string[];
  body: string;
}>;

/**
 * All answers in what a client got, read by the plainest rules of RFC 9112 §6.3. `rest` is what follows them: nothing, if
 * all is well. `methods` are those of the requests, since an answer to HEAD has no body.
 */
export const readAnswers = (
  text: string,
  methods: readonly string[] = [],
): Readonly<{ answers: ReadAnswer[]; rest: string }> => {
  const answers: ReadAnswer[] = [];
  let rest = text;
  for (;;) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd === -1 || !/^HTTP\/1\.1 \d{3} /.test(rest)) return { answers, rest };
    const lines = rest.slice(0, headEnd).split('\r\n');
    const headers = new Map(lines.slice(1).map((each): [string, string] => splitHeader(each)));
    const status = Number(rest.slice(9, 12));
    const final = answers.filter((each) => each.status >= 200).length;
    const body = takeBody(
      rest.slice(headEnd + 4),
      headers,
      status < 200 || [204, 304].includes(status) || methods[final] === 'HEAD',
    );
    if (body === undefined) return { answers, rest };
    answers.push({ status, headers, lines, body: body.text });
    rest = rest.slice(headEnd + 4 + body.bytes);
  }
};

const splitHeader = (each: string): [string, string] => {
  const colon = each.indexOf(':');
  return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()];
};

const takeBody = (
  text: string,
  headers: ReadonlyMap<string, string>,
  isEmpty: boolean,
): Readonly<{ text: string; bytes: number }> | undefined => {
  if (isEmpty) return { text: '', bytes: 0 };
  const length = headers.get('content-length');
  if (length !== undefined) {
    return text.length < Number(length)
      ? undefined
      : { text: text.slice(0, Number(length)), bytes: Number(length) };
  }
  if (headers.get('transfer-encoding') !== 'chunked') return { text, bytes: text.length };
  let body = '';
  let at = 0;
  for (;;) {
    const [size, hex = ''] = /^([0-9a-f]+)\r\n/i.exec(text.slice(at, at + 10)) ?? [];
    if (size === undefined) return undefined;
    const from = at + size.length;
    const bytes = Number.parseInt(hex, 16);
    if (text.slice(from + bytes, from + bytes + 2) !== '\r\n') return undefined;
    body += text.slice(from, from + bytes);
    at = from + bytes + 2;
    if (bytes === 0) return { text: body, bytes: at };
  }
};
