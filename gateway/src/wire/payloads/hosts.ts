import { broken, passes, type WireCase } from '../wire-case.ts';

const withHost = (...lines: readonly string[]): string =>
  ['GET /api/x HTTP/1.1', ...lines, '', ''].join('\r\n');
const sound = (host: string): WireCase =>
  passes(`${host} is one`, 'RFC 9110 §7.2', withHost(`Host: ${host}`), {
    headers: { 'x-forwarded-host': host },
  });
const none = (host: string): WireCase =>
  broken(`${JSON.stringify(host)} is none`, 'RFC 9112 §3.2', withHost(`Host: ${host}`));

/** RFC 9112 §3.2: exactly one, and sound; it is never dialled. */
export const hosts: readonly WireCase[] = [
  ...['a', 'shop.example:8080', 'shop.example:', '127.0.0.1', '[2001:db8::1]:443', '[::1]', 'a_b-c.d~'].map(
    sound,
  ),
  ...['', 'a b', 'a/b', 'a@b', 'user:pass@b', 'a?b', 'a#b', 'a\\b', 'a,b', 'a;b', 'a%2eb', 'a"b', '<a>'].map(
    none,
  ),
  ...[
    ':80',
    'a:b',
    'a:-1',
    'a:80:80',
    'a:65536',
    'a:123456',
    '[::1',
    '::1',
    '[::1]x',
    '[zz]',
    '[fe80::1%25e]',
  ].map(none),
  ...['a\xe9', 'http://a'].map(none),
  broken('there is none', 'RFC 9112 §3.2', withHost('X-A: 1')),
  broken('there are two', 'RFC 9112 §3.2', withHost('Host: a', 'Host: b')),
  broken('there are two that are equal', 'RFC 9112 §3.2', withHost('Host: a', 'X-A: 1', 'host: a')),
  broken('it is folded', 'RFC 9112 §5.2', withHost('Host: a', ' b')),
  broken('a space stands before its colon', 'RFC 9112 §5.1', withHost('Host : a')),
  broken(
    'there is none beside a URL in absolute form',
    'RFC 9112 §3.2.2',
    'GET http://a/api/x HTTP/1.1\r\n\r\n',
  ),
  passes(
    'the URL in absolute form replaces it',
    'RFC 9112 §3.2.2',
    'GET http://b/api/x HTTP/1.1\r\nHost: a\r\n\r\n',
    {
      headers: { 'x-forwarded-host': 'b', forwarded: 'for=127.0.0.1;host="b";proto=http' },
    },
  ),
  passes('spaces around it are none of it', 'RFC 9112 §5', withHost('Host: \t a \t'), {
    headers: { 'x-forwarded-host': 'a' },
  }),
];
