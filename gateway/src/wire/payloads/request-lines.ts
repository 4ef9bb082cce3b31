import { broken, get, line, passes, type WireCase } from '../wire-case.ts';

/** RFC 9112 §2.2 and §3: one line, three words, CR LF. */
export const requestLines: readonly WireCase[] = [
  passes('empty lines before a request are skipped', 'RFC 9112 §2.2', `\r\n\r\n${get()}`),
  passes('more than one space between words is taken for one', 'RFC 9112 §3', line('GET  /api/x HTTP/1.1')),
  broken('a space before the method', 'RFC 9112 §3', ` ${get()}`),
  broken('tabs between the words', 'RFC 9112 §3', line('GET\t/api/x\tHTTP/1.1')),
  broken('a space after the version', 'RFC 9112 §3', line('GET /api/x HTTP/1.1 ')),
  broken('a fourth word', 'RFC 9112 §3', line('GET /api/x y HTTP/1.1')),
  broken('no target', 'RFC 9112 §3.2', line('GET HTTP/1.1')),
  broken('an empty target', 'RFC 9112 §3.2', line('GET  HTTP/1.1')),
  broken('nothing but a method', 'RFC 9112 §3', 'GET\r\n\r\n'),
  broken('a bare LF after the line', 'RFC 9112 §2.2', 'GET /api/x HTTP/1.1\nHost: a\r\n\r\n'),
  broken('bare LF after every line', 'RFC 9112 §2.2', 'GET /api/x HTTP/1.1\nHost: a\n\n'),
  broken('a bare CR after the line', 'RFC 9112 §2.2', 'GET /api/x HTTP/1.1\rHost: a\r\n\r\n'),
  broken('a bare CR in the line', 'RFC 9112 §2.2', line('GET /api/x\r HTTP/1.1')),
  broken('a folded line', 'RFC 9112 §3', 'GET /api/x\r\n HTTP/1.1\r\nHost: a\r\n\r\n'),
  broken('a space before the first header', 'RFC 9112 §2.2', 'GET /api/x HTTP/1.1\r\n Host: a\r\n\r\n'),
  broken('a NUL in the method', 'RFC 9112 §3', line('G\0T /api/x HTTP/1.1')),
  broken('TLS on a plain port', 'RFC 9112 §3', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'),
  broken('an answer instead of a request', 'RFC 9112 §2.1', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
];
