import { broken, passes, post, refused, type WireCase } from '../wire-case.ts';

const ending = (...trailers: readonly string[]): string =>
  post(['Transfer-Encoding: chunked'], ['5', 'hello', '0', ...trailers, '', ''].join('\r\n'));
const dropped = (name: string, ...trailers: readonly string[]): WireCase =>
  passes(name, 'RFC 9110 §6.5.1', ending(...trailers), {
    body: 'hello',
    headers: { 'x-a': undefined, authorization: undefined, 'x-user-id': undefined, trailer: undefined },
  });
const odd = (name: string, rule: string, ...trailers: readonly string[]): WireCase =>
  broken(name, rule, ending(...trailers));

/** RFC 9110 §6.5: they never become headers, and never pass. */
export const trailers: readonly WireCase[] = [
  dropped('one ends here', 'X-A: 1'),
  dropped('credentials are none', 'Authorization: Bearer admin-1', 'X-User-Id: 1'),
  dropped('a Host is none', 'Host: evil'),
  {
    ...dropped('Connection: close is the end all the same', 'Connection: close'),
    answers: [200, 400],
    closes: true,
  },
  dropped('200 of them end here', ...Array.from({ length: 200 }, () => 'X-A: 1')),
  odd('a length', 'RFC 9110 §6.5.1', 'Content-Length: 5'),
  odd('a coding', 'RFC 9110 §6.5.1', 'Transfer-Encoding: chunked'),
  odd('a space before the colon', 'RFC 9112 §5.1', 'X-A : 1'),
  odd('a bare LF', 'RFC 9112 §2.2', 'X-A: 1\nX-B: 2'),
  odd('a NUL', 'RFC 9110 §5.5', 'X-A: \0'),
  odd('a fold', 'RFC 9112 §5.2', 'X-A: 1', ' 2'),
  odd('no name', 'RFC 9112 §5.1', ': 1'),
  odd('another request', 'RFC 9112 §7.1.2', 'GET /api/hidden HTTP/1.1', 'Host: a'),
  refused('of 30 000 bytes', 'RFC 6585 §5', ending(`X-A: ${'a'.repeat(30_000)}`), 431, 'headers_too_large'),
];
