import { passes, post, type WireCase } from '../wire-case.ts';

const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index));
const large = 'y'.repeat(100_000);
const hidden = 'GET /api/hidden HTTP/1.1\r\nHost: a\r\n\r\n';

const withMethod = (method: string, lines: readonly string[], body: string): string =>
  post(lines, body).replace('POST', method);

/** RFC 9110 §6.4: what they are is nobody's business here. */
export const bodies: readonly WireCase[] = [
  passes('every byte there is', 'RFC 9110 §6.4', post(['Content-Length: 256'], bytes), { body: bytes }),
  passes(
    'every byte there is, in a chunk',
    'RFC 9110 §6.4',
    post(['Transfer-Encoding: chunked'], `100\r\n${bytes}\r\n0\r\n\r\n`),
    {
      body: bytes,
    },
  ),
  passes(
    'one that looks like a request',
    'RFC 9110 §6.4',
    post([`Content-Length: ${hidden.length}`], hidden),
    { body: hidden },
  ),
  passes(
    'a chunk that looks like a request',
    'RFC 9112 §7.1',
    post(['Transfer-Encoding: chunked'], `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`),
    { body: hidden },
  ),
  passes(
    'a chunk that looks like the last',
    'RFC 9112 §7.1',
    post(
      ['Transfer-Encoding: chunked'],
      `2d\r\n0\r\n\r\n${hidden}${'x'.repeat(45 - 5 - hidden.length)}\r\n0\r\n\r\n`,
    ),
    { body: `0\r\n\r\n${hidden}${'x'.repeat(45 - 5 - hidden.length)}` },
  ),
  passes('one larger than what is kept in memory', 'RFC 9110 §6.4', post(['Content-Length: 100000'], large), {
    body: large,
  }),
  passes('of a DELETE', 'RFC 9110 §9.3.5', withMethod('DELETE', ['Content-Length: 5'], 'hello'), {
    line: 'DELETE /api/x',
    body: 'hello',
  }),
  passes('of an OPTIONS', 'RFC 9110 §9.3.7', withMethod('OPTIONS', ['Content-Length: 5'], 'hello'), {
    line: 'OPTIONS /api/x',
    body: 'hello',
  }),
  passes(
    'a coding of its own passes untouched',
    'RFC 9110 §8.4',
    post(['Content-Encoding: gzip', 'Content-Length: 3'], '\x1f\x8b\x08'),
    {
      body: '\x1f\x8b\x08',
      headers: { 'content-encoding': 'gzip' },
    },
  ),
];
