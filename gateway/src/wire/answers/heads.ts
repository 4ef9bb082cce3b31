import { type AnswerCase, answer, bad, sound } from '../answer-case.ts';

const five = (...more: readonly string[]): string => answer([...more, 'Content-Length: 5'], 'hello');
const status = (line: string): string => `${line}\r\nContent-Length: 5\r\n\r\nhello`;
const odd = (name: string, rule: string, ...lines: readonly string[]): AnswerCase =>
  bad(name, rule, five(...lines));
const noStatus = (line: string): AnswerCase =>
  bad(`${JSON.stringify(line)} is no status line`, 'RFC 9112 §4', status(line));
const interim = (code: number): string => `HTTP/1.1 ${code} Wait\r\nX-A: 1\r\n\r\n`;
const oneHop = ['keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'trailer', 'upgrade', 'secret'];

/** RFC 9112 §4 and §5, RFC 9110 §7.6.1 and §15, the other way round. */
export const heads: readonly AnswerCase[] = [
  ...[201, 299, 404, 418, 499, 500, 599].map((code) =>
    sound(`status ${code}`, 'RFC 9110 §15', status(`HTTP/1.1 ${code} Odd`), { status: code, body: 'hello' }),
  ),
  sound('no reason', 'RFC 9112 §4', status('HTTP/1.1 200 '), { body: 'hello' }),
  sound('bytes over 0x7f in a value', 'RFC 9110 §5.5', five('X-A: \xc3\xa9\xff'), {
    headers: { 'x-a': '\xc3\xa9\xff' },
  }),
  sound('an empty value', 'RFC 9110 §5.5', five('X-A:'), { headers: { 'x-a': '' } }),
  sound('names like those of objects', 'RFC 9110 §5.1', five('constructor: 1', 'toString: 2'), {
    headers: { constructor: '1', tostring: '2' },
  }),
  sound('a name like that of every prototype', 'RFC 9110 §5.1', five('__proto__: 1'), { body: 'hello' }),
  sound('two cookies', 'RFC 6265 §3', five('Set-Cookie: a=1', 'Set-Cookie: b=2'), {
    headers: { 'set-cookie': 'a=1; b=2' },
  }),
  sound(
    'what the gateway says itself',
    'RFC 9110 §7.6.3',
    five('X-Request-Id: no', 'Server: x/1', 'X-Powered-By: y', 'Via: 1.1 z'),
    {
      headers: { server: undefined, 'x-powered-by': undefined, via: undefined },
    },
  ),
  {
    ...sound(
      'what is for one hop, and what Connection names',
      'RFC 9110 §7.6.1',
      five(
        ...[
          'Connection: close, Secret',
          'Secret: 1',
          'Keep-Alive: timeout=1',
          'Proxy-Connection: x',
          'TE: x',
        ],
        ...['Proxy-Authenticate: Basic', 'Trailer: X-A', 'Upgrade: h2c', 'X-A: 1'],
      ),
      {
        body: 'hello',
        headers: { ...Object.fromEntries(oneHop.map((name) => [name, undefined])), 'x-a': '1' },
      },
    ),
    reused: false,
  },
  sound('what Connection names in capitals', 'RFC 9110 §7.6.1', five('X-Secret: 1', 'Connection: X-SECRET'), {
    headers: { 'x-secret': undefined },
  }),
  sound('a length that Connection names', 'RFC 9110 §7.6.1', five('Connection: Content-Length'), {
    body: 'hello',
  }),
  ...[102, 103, 199].map((code) =>
    sound(`an interim ${code}`, 'RFC 9110 §15.2', interim(code) + five(), {
      body: 'hello',
      headers: { 'x-a': undefined },
    }),
  ),
  sound('a flood of interim ones', 'RFC 9110 §15.2', interim(103).repeat(2000) + five(), { body: 'hello' }),
  bad(
    '101, which nobody asked for',
    'RFC 9110 §15.2.2',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbytes',
  ),
  bad(
    '101 without a word of what to',
    'RFC 9110 §15.2.2',
    `HTTP/1.1 101 Switching Protocols\r\n\r\n${five()}`,
  ),
  ...['HTTP/1.1 099 Odd', 'HTTP/1.1 000 Odd', 'HTTP/1.1 1000 Odd', 'HTTP/1.1 20 Odd', 'HTTP/1.1 abc Odd'].map(
    noStatus,
  ),
  ...['HTTP/1.1 -200 Odd', 'HTTP/1.1  200 OK', 'HTTP/1.1'].map(noStatus),
  ...['HTTP/1.2 200 OK', 'ICY 200 OK', 'http/1.1 200 OK', 'garbage'].map(noStatus),
  ...['GET / HTTP/1.1', ' HTTP/1.1 200 OK', 'SSH-2.0-OpenSSH_9.6'].map(noStatus),
  odd('a space before the colon', 'RFC 9112 §5.1', 'X-A : 1'),
  odd('no colon', 'RFC 9112 §5', 'X-A'),
  odd('no name', 'RFC 9112 §5', ': 1'),
  odd('a fold', 'RFC 9112 §5.2', 'X-A: 1', ' 2'),
  odd('a NUL in a value', 'RFC 9110 §5.5', 'X-A: \0'),
  odd('a bare CR in a value', 'RFC 9110 §5.5', 'X-A: 1\rSet-Cookie: a=1'),
  odd('a bare LF in a value', 'RFC 9110 §5.5', 'X-A: 1\nSet-Cookie: a=1'),
  odd('an escape in a value', 'RFC 9110 §5.5', 'X-A: \x1b[31m'),
  odd('a byte over 0x7f in a name', 'RFC 9110 §5.6.2', 'X\xe9: 1'),
  odd('headers of 40 000 bytes', 'RFC 9110 §5.4', `X-A: ${'a'.repeat(40_000)}`),
  odd('10 000 headers', 'RFC 9110 §5.4', ...Array.from({ length: 10_000 }, () => 'X-A: 1')),
  bad('half a head', 'RFC 9112 §8', 'HTTP/1.1 200 OK\r\nContent-', 'ends'),
  bad('nothing', 'RFC 9112 §8', '', 'ends'),
];
