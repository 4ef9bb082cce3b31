import { broken, passes, post, type WireCase } from '../wire-case.ts';

const odd = (value: string, body = 'hello'): WireCase =>
  broken(`${JSON.stringify(value)} is none`, 'RFC 9112 §6.3', post([`Content-Length:${value}`], body));
const hidden = '0\r\n\r\nGET /api/hidden HTTP/1.1\r\nHost: a\r\n\r\n';

/** RFC 9110 §8.6 and RFC 9112 §6.3: one number of digits. */
export const contentLengths: readonly WireCase[] = [
  passes('a number', 'RFC 9110 §8.6', post(['Content-Length: 5'], 'hello'), {
    body: 'hello',
    headers: { 'content-length': '5' },
  }),
  passes('zeros before it', 'RFC 9110 §8.6', post(['Content-Length: 0005'], 'hello'), {
    body: 'hello',
    headers: { 'content-length': '5' },
  }),
  passes('spaces around it', 'RFC 9112 §5', post(['Content-Length:\t 5 \t'], 'hello'), { body: 'hello' }),
  passes('zero', 'RFC 9110 §8.6', post(['Content-Length: 0'], ''), { headers: { 'content-length': '0' } }),
  passes('none', 'RFC 9112 §6.3', post([], ''), { headers: { 'content-length': '0' } }),
  passes(
    'a GET that has one',
    'RFC 9110 §9.3.1',
    'GET /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
    {
      body: 'hello',
    },
  ),
  passes(
    'a name with a line under it is no length',
    'RFC 9110 §5.1',
    post(['Content_Length: 50', 'Content-Length: 5'], 'hello'),
    { body: 'hello', headers: { content_length: undefined } },
  ),
  ...[' +5', ' -5', ' 0x5', ' 5a', ' 5.0', ' 1e1', ' 5 5', ' 5,5', ' 5, 5', ' "5"', '', ' ', '\x0b5'].map(
    (value) => odd(value),
  ),
  odd(' 99999999999999999999999'),
  odd(' 18446744073709551621'),
  odd(' 9007199254740993'),
  broken('two that differ', 'RFC 9112 §6.3', post(['Content-Length: 5', 'Content-Length: 6'], 'hello!')),
  broken('two that are equal', 'RFC 9112 §6.3', post(['Content-Length: 5', 'Content-Length: 5'], 'hello')),
  broken(
    'an empty one before another',
    'RFC 9112 §6.3',
    post(['Content-Length:', 'Content-Length: 5'], 'hello'),
  ),
  broken('a folded one', 'RFC 9112 §5.2', post(['Content-Length:', ' 5'], 'hello')),
  broken('one with a space before its colon', 'RFC 9112 §5.1', post(['Content-Length : 5'], 'hello')),
  broken(
    'one beside a coding',
    'RFC 9112 §6.1',
    post(['Content-Length: 5', 'Transfer-Encoding: chunked'], hidden),
  ),
  broken(
    'one after a coding',
    'RFC 9112 §6.1',
    post(['Transfer-Encoding: chunked', 'Content-Length: 5'], hidden),
  ),
  broken(
    'one beside a coding, the whole body long',
    'RFC 9112 §6.1',
    post(['Content-Length: 46', 'Transfer-Encoding: chunked'], hidden),
  ),
  broken(
    'one of zero beside a coding',
    'RFC 9112 §6.1',
    post(['Content-Length: 0', 'Transfer-Encoding: chunked'], hidden),
  ),
];
