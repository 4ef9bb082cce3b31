import { broken, get, passes, type WireCase } from '../wire-case.ts';

const odd = (name: string, rule: string, ...lines: readonly string[]): WireCase =>
  broken(name, rule, get(...lines));
const sound = (
  name: string,
  rule: string,
  lines: readonly string[],
  headers: Record<string, string | undefined>,
) => passes(name, rule, get(...lines), { headers });

/** RFC 9112 §5 and RFC 9110 §5: `name: value`, names are tokens, values have no control characters. */
export const headerFields: readonly WireCase[] = [
  sound('an empty value', 'RFC 9110 §5.5', ['X-A:'], { 'x-a': '' }),
  sound('no space after the colon', 'RFC 9112 §5', ['X-A:1'], { 'x-a': '1' }),
  sound('spaces and tabs around a value', 'RFC 9112 §5', ['X-A: \t 1 2 \t '], { 'x-a': '1 2' }),
  sound('bytes over 0x7f in a value', 'RFC 9110 §5.5', ['X-A: \x80\xe9\xff'], { 'x-a': '\x80\xe9\xff' }),
  sound('a tab within a value', 'RFC 9110 §5.5', ['X-A: 1\t2'], { 'x-a': '1\t2' }),
  sound('colons within a value', 'RFC 9110 §5.5', ['X-A: :1:2:'], { 'x-a': ':1:2:' }),
  sound('every character of a token in a name', 'RFC 9110 §5.6.2', ["!#$%&'*+-.^`|~09aZ: 1"], {
    "!#$%&'*+-.^`|~09az": '1',
  }),
  sound('names of capitals', 'RFC 9110 §5.1', ['ACCEPT: a/b'], { accept: 'a/b' }),
  sound('names of two spellings', 'RFC 9110 §5.1', ['content-TYPE: a/b'], { 'content-type': 'a/b' }),
  sound('names like those of objects', 'RFC 9110 §5.1', ['constructor: 1', '__proto__: 2', 'toString: 3'], {
    constructor: '1',
    __proto__: undefined,
    tostring: '3',
  } as Record<string, string | undefined>),
  sound('a name with a line under it ends here', 'RFC 9110 §5.1', ['X_A: 1', 'X-A: 2'], {
    x_a: undefined,
    'x-a': '2',
  }),
  {
    ...passes('one that comes twice stays two', 'RFC 9110 §5.3', get('X-A: 1', 'X-B: 2', 'x-a: 3')),
    arrives: [{ line: 'GET /api/x' }],
  },
  odd('a space before the colon', 'RFC 9112 §5.1', 'X-A : 1'),
  odd('a tab before the colon', 'RFC 9112 §5.1', 'X-A\t: 1'),
  odd('a space within the name', 'RFC 9112 §5.1', 'X A: 1'),
  odd('no colon', 'RFC 9112 §5', 'X-A'),
  odd('no name', 'RFC 9112 §5', ': 1'),
  odd('an @ in the name', 'RFC 9110 §5.6.2', 'X@A: 1'),
  odd('a bracket in the name', 'RFC 9110 §5.6.2', 'X(A: 1'),
  odd('a slash in the name', 'RFC 9110 §5.6.2', 'X/A: 1'),
  odd('quotes around the name', 'RFC 9110 §5.6.2', '"X-A": 1'),
  odd('a NUL in the name', 'RFC 9110 §5.6.2', 'X\0A: 1'),
  odd('a byte over 0x7f in the name', 'RFC 9110 §5.6.2', 'X\xe9: 1'),
  odd('a NUL in the value', 'RFC 9110 §5.5', 'X-A: 1\x002'),
  odd('a bare CR in the value', 'RFC 9110 §5.5', 'X-A: 1\r2'),
  odd('a bare CR before the end', 'RFC 9112 §2.2', 'X-A: 1\r'),
  odd('a bare LF after the value', 'RFC 9112 §2.2', 'X-A: 1\nX-B: 2'),
  odd('a bell in the value', 'RFC 9110 §5.5', 'X-A: \x07'),
  odd('an escape in the value', 'RFC 9110 §5.5', 'X-A: \x1b[31m'),
  odd('a vertical tab in the value', 'RFC 9110 §5.5', 'X-A: \x0b'),
  odd('a DEL in the value', 'RFC 9110 §5.5', 'X-A: \x7f'),
  odd('a fold with a space', 'RFC 9112 §5.2', 'X-A: 1', ' 2'),
  odd('a fold with a tab', 'RFC 9112 §5.2', 'X-A: 1', '\t2'),
  odd('a fold of nothing', 'RFC 9112 §5.2', 'X-A: 1', ' '),
  odd('a fold of another header', 'RFC 9112 §5.2', 'X-A: 1', ' Content-Length: 50'),
  broken('a bare LF for the end of the head', 'RFC 9112 §2.2', 'GET /api/x HTTP/1.1\r\nHost: a\r\n\n'),
  broken('a bare CR for the end of the head', 'RFC 9112 §2.2', 'GET /api/x HTTP/1.1\r\nHost: a\r\n\r'),
  odd('two that say who it is', 'RFC 9110 §5.3', 'Authorization: Bearer a', 'Authorization: Bearer b'),
  odd('two keys of idempotency', 'RFC 9110 §5.3', 'Idempotency-Key: a', 'Idempotency-Key: b'),
];
