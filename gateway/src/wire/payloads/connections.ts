import { broken, get, passes, post, type WireCase } from '../wire-case.ts';

const gone = (
  name: string,
  lines: readonly string[],
  headers: Record<string, string | undefined>,
): WireCase => passes(name, 'RFC 9110 §7.6.1', get(...lines), { headers });

/** RFC 9110 §7.6.1: what `Connection` names is for this hop alone; what the gateway says cannot be taken out so. */
export const connections: readonly WireCase[] = [
  gone('a header that it names', ['Connection: X-A', 'X-A: 1', 'X-B: 2'], {
    'x-a': undefined,
    'x-b': '2',
    'x-connection': undefined,
  }),
  gone('a header before it', ['X-A: 1', 'Connection: X-A'], { 'x-a': undefined }),
  gone('several of them, in any case', ['Connection: keep-alive, X-a,,  x-B', 'X-A: 1', 'X-B: 2', 'X-B: 3'], {
    'x-a': undefined,
    'x-b': undefined,
  }),
  gone('in two lines', ['Connection: X-A', 'Connection: X-B', 'X-A: 1', 'X-B: 2'], {
    'x-a': undefined,
    'x-b': undefined,
  }),
  gone('credentials', ['Connection: Authorization, Cookie', 'Authorization: Bearer user-1', 'Cookie: a=1'], {
    authorization: undefined,
    cookie: undefined,
  }),
  gone(
    'an id and a trace',
    ['Connection: X-Request-Id, traceparent', 'X-Request-Id: mine', 'traceparent: mine'],
    {
      'x-forwarded-host': 'a',
    },
  ),
  gone('a name that is not there', ['Connection: X-Nobody', 'X-A: 1'], { 'x-a': '1' }),
  gone('nothing', ['Connection:', 'X-A: 1'], { 'x-a': '1' }),
  gone('what is no name', ['Connection: "x, @', 'X-A: 1'], { 'x-a': '1' }),
  gone(
    'what the gateway says stays',
    ['Connection: X-Forwarded-For, Forwarded, Via, X-Request-Deadline, Host'],
    {
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'a',
      forwarded: 'for=127.0.0.1;host="a";proto=http',
      via: '1.1 gatehouse',
    },
  ),
  passes(
    'the length stays',
    'RFC 9110 §7.6.1',
    post(['Connection: Content-Length', 'Content-Length: 5'], 'hello'),
    {
      body: 'hello',
      headers: { 'content-length': '5' },
    },
  ),
  passes(
    'the coding stays',
    'RFC 9110 §7.6.1',
    post(['Connection: Transfer-Encoding', 'Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'),
    { body: 'hello' },
  ),
  broken(
    'both lengths stay both',
    'RFC 9112 §6.1',
    post(['Connection: Content-Length', 'Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  ),
  gone(
    'what is for one hop by its nature',
    [
      ...[
        'Keep-Alive: timeout=9',
        'Proxy-Connection: keep-alive',
        'TE: trailers',
        'Trailer: X-A',
        'Upgrade: x',
      ],
      ...[
        'Proxy-Authorization: Basic x',
        'Proxy-Authenticate: Basic',
        'Proxy-Authentication-Info: x',
        'HTTP2-Settings: AAA',
      ],
    ],
    Object.fromEntries(
      [
        ...['keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'proxy-authorization'],
        ...['proxy-authenticate', 'proxy-authentication-info', 'http2-settings'],
      ].map((name) => [name, undefined]),
    ),
  ),
  {
    name: 'close of an old client that takes us for a proxy',
    rule: 'RFC 9112 §C.2.2',
    bytes: get('Proxy-Connection: close'),
    answers: [200],
    closes: true,
    arrives: [{ line: 'GET /api/x', headers: { 'proxy-connection': undefined } }],
  },
  {
    name: 'close ends it after the answer, and what follows is no request',
    rule: 'RFC 9112 §9.6',
    bytes: get('Connection: close'),
    answers: [200],
    closes: true,
    arrives: [{ line: 'GET /api/x' }],
  },
  {
    name: 'close among other names, in capitals',
    rule: 'RFC 9112 §9.6',
    bytes: get('Connection: X-A, CLOSE', 'X-A: 1'),
    answers: [200],
    closes: true,
    arrives: [{ line: 'GET /api/x', headers: { 'x-a': undefined } }],
  },
];
