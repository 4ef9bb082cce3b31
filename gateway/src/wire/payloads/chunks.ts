import { broken, passes, post, refused, type WireCase } from '../wire-case.ts';

const chunked = (body: string): string => post(['Transfer-Encoding: chunked'], body);
const odd = (name: string, body: string, rule = 'RFC 9112 §7.1'): WireCase =>
  broken(name, rule, chunked(body));
const sound = (name: string, body: string, rule = 'RFC 9112 §7.1'): WireCase =>
  passes(name, rule, chunked(body), { body: 'hello' });

/** RFC 9112 §7.1: sizes in hex, CR LF, data, CR LF. */
export const chunks: readonly WireCase[] = [
  sound('in two', '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'),
  sound('of one byte each', '1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n'),
  sound('with zeros before the size', '00000000000000000000005\r\nhello\r\n0\r\n\r\n'),
  sound('with zeros for the last', '5\r\nhello\r\n0000\r\n\r\n'),
  sound('with extensions, which end here', '5;a;b=c;d="e;f\\"g"\r\nhello\r\n0;x\r\n\r\n', 'RFC 9112 §7.1.1'),
  sound(
    'with an extension of 10 000 bytes',
    `5;${'a'.repeat(10_000)}\r\nhello\r\n0\r\n\r\n`,
    'RFC 9112 §7.1.1',
  ),
  passes('none at all', 'RFC 9112 §7.1', chunked('0\r\n\r\n')),
  passes(
    'a size in hex of either case',
    'RFC 9112 §7.1',
    chunked(`a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n`),
    {
      body: '01234567890123456789',
    },
  ),
  refused(
    'with extensions of 20 000 bytes',
    'RFC 9112 §7.1.1',
    chunked(`5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`),
    413,
    'payload_too_large',
  ),
  refused(
    'of a byte each, with extensions of 10 000',
    'RFC 9112 §7.1.1',
    chunked(`${`1;${'a'.repeat(10_000)}\r\nx\r\n`.repeat(100)}0\r\n\r\n`),
    413,
    'payload_too_large',
  ),
  odd('a size that is none', 'zz\r\nhello\r\n0\r\n\r\n'),
  odd('an empty size', '\r\nhello\r\n0\r\n\r\n'),
  odd('a sign before the size', '+5\r\nhello\r\n0\r\n\r\n'),
  odd('a minus before the size', '-5\r\nhello\r\n0\r\n\r\n'),
  odd('a prefix before the size', '0x5\r\nhello\r\n0\r\n\r\n'),
  odd('a line under the size', '0_5\r\nhello\r\n0\r\n\r\n'),
  odd('a space before the size', ' 5\r\nhello\r\n0\r\n\r\n'),
  odd('a space after the size', '5 \r\nhello\r\n0\r\n\r\n'),
  odd('a tab after the size', '5\t\r\nhello\r\n0\r\n\r\n'),
  odd('a size of 17 digits', '10000000000000005\r\nhello\r\n0\r\n\r\n'),
  odd('a size of all bits', 'ffffffffffffffffff\r\nhello\r\n0\r\n\r\n'),
  odd('a bare LF after the size', '5\nhello\r\n0\r\n\r\n'),
  odd('a bare CR after the size', '5\rhello\r\n0\r\n\r\n'),
  odd('a bare LF after the data', '5\r\nhello\n0\r\n\r\n'),
  odd('no end of the data', '5\r\nhello0\r\n\r\n'),
  odd('data that are longer than they say', '3\r\nhello\r\n0\r\n\r\n'),
  odd('a bare LF after the last size', '5\r\nhello\r\n0\n\r\n'),
  odd('a bare LF for the end', '5\r\nhello\r\n0\r\n\n'),
  odd('a bare LF after an extension', '5;a\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1.1'),
  odd('a bare LF in an extension', '5;a=\n1\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1.1'),
  odd('a bare CR in an extension', '5;a\rb\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1.1'),
  odd('a NUL in an extension', '5;a\0b\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1.1'),
  odd('an extension without a name', '5;\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1.1'),
  odd('an extension whose quotes do not end', '5;a="\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1.1'),
];
