import { broken, get, line, post, type WireCase } from '../wire-case.ts';

const first = line('GET /api/first HTTP/1.1');
const hello = post(['Content-Length: 5'], 'hello');
const after = (name: string, rule: string, bytes: string, status = 400): WireCase => ({
  name,
  rule,
  bytes: first + bytes,
  answers: [200, status],
  closes: true,
  arrives: [{ line: 'GET /api/first' }],
});

/** RFC 9112 §9.3.2: answers in the order of their requests; after an error, nothing. */
export const pipelines: readonly WireCase[] = [
  {
    name: 'four in one piece',
    rule: 'RFC 9112 §9.3.2',
    bytes: `${first}${hello}${get()}${hello}`,
    answers: [200, 200, 200, 200],
    closes: false,
    arrives: [
      { line: 'GET /api/first' },
      { line: 'POST /api/x', body: 'hello' },
      { line: 'GET /api/x' },
      { line: 'POST /api/x', body: 'hello' },
    ],
  },
  {
    name: 'one that is refused between two that are not',
    rule: 'RFC 9112 §9.3.2',
    bytes: `${first}${line('TRACE /api/x HTTP/1.1')}${get()}`,
    answers: [200, 405, 200],
    closes: false,
    arrives: [{ line: 'GET /api/first' }, { line: 'GET /api/x' }],
  },
  {
    name: 'an empty line after a body',
    rule: 'RFC 9112 §2.2',
    bytes: `${hello}\r\n${first}`,
    answers: [200, 200],
    closes: false,
    arrives: [{ line: 'POST /api/x', body: 'hello' }, { line: 'GET /api/first' }],
  },
  {
    name: 'a body that is longer than it says',
    rule: 'RFC 9112 §6.3',
    bytes: `${hello}xxxx`,
    answers: [200, 400],
    closes: true,
    arrives: [{ line: 'POST /api/x', body: 'hello' }],
  },
  after('garbage after a sound request', 'RFC 9112 §3', '\x00\x01\x02\r\n\r\n'),
  after('two Hosts after a sound request', 'RFC 9112 §3.2', get('Host: b')),
  after(
    'both lengths after a sound request',
    'RFC 9112 §6.1',
    post(['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  ),
  after(
    'a broken chunk after a sound request',
    'RFC 9112 §7.1',
    post(['Transfer-Encoding: chunked'], 'zz\r\n'),
  ),
  after('headers too large after a sound request', 'RFC 6585 §5', get(`X-A: ${'a'.repeat(40_000)}`), 431),
  after('CONNECT after a sound request', 'RFC 9110 §9.3.6', line('CONNECT a:443 HTTP/1.1'), 405),
  after('the preface of HTTP/2 after a sound request', 'RFC 9113 §3.4', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  {
    name: 'a request after one that closes',
    rule: 'RFC 9112 §9.6',
    bytes: `${first}${get('Connection: close')}${hello}`,
    answers: [200, 200],
    closes: true,
    arrives: [{ line: 'GET /api/first' }, { line: 'GET /api/x' }],
  },
  broken('a sound request after a broken one', 'RFC 9112 §2.2', `${get('X-A : 1')}${get()}`),
  broken(
    'a sound request after one whose path is unclear',
    'RFC 9112 §3',
    `${line('GET /api/../x HTTP/1.1')}${get()}`,
  ),
  broken(
    'a body after a head that is refused',
    'RFC 9112 §3.2',
    `${post(['Host: b', 'Content-Length: 5'], 'hello')}${get()}`,
  ),
];
