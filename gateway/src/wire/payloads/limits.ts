import { get, passes, post, refused, type WireCase } from '../wire-case.ts';

const headers = (count: number): string[] => Array.from({ length: count }, (_, index) => `X-${index}: 1`);
const url = (bytes: number): string => `/api/${'a'.repeat(bytes - 5)}`;
const withUrl = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
/** `Host: a` and its end are 9 bytes, `X-A: ` and its end 7. */
const headerBytes = (bytes: number): string => get(`X-A: ${'a'.repeat(bytes - 9 - 7)}`);
const tooLarge = (name: string, bytes: string): WireCase =>
  refused(name, 'RFC 6585 §5', bytes, 431, 'headers_too_large');
const tooLong = (name: string, bytes: string): WireCase =>
  refused(name, 'RFC 9110 §15.5.15', bytes, 414, 'uri_too_long');

/** 100 headers, 16 KiB of them, 8 KiB of URL, a body of 1 MiB. */
export const limits: readonly WireCase[] = [
  passes('100 headers', 'RFC 6585 §5', get(...headers(99))),
  tooLarge('101 headers', get(...headers(100))),
  tooLarge('1 000 headers', get(...headers(1000))),
  tooLarge('3 000 headers of a byte', get(...Array.from({ length: 3000 }, () => 'a:'))),
  passes('16 384 bytes of headers', 'RFC 6585 §5', headerBytes(16_384)),
  tooLarge('16 385 bytes of headers', headerBytes(16_385)),
  tooLarge('40 000 bytes of headers', headerBytes(40_000)),
  tooLarge('a header of 300 000 bytes', headerBytes(300_000)),
  tooLarge('a name of 20 000 bytes', get(`${'a'.repeat(20_000)}: 1`)),
  passes('a URL of 8 192 bytes', 'RFC 9110 §4.1', withUrl(url(8192)), { line: `GET ${url(8192)}` }),
  tooLong('a URL of 8 193 bytes', withUrl(url(8193))),
  tooLong('a query of 9 000 bytes', withUrl(`/api/x?${'a'.repeat(9000)}`)),
  tooLong('a URL of 40 000 bytes', withUrl(url(40_000))),
  tooLong('a URL of 300 000 bytes', withUrl(url(300_000))),
  passes(
    'a body of 1 MiB',
    'RFC 9110 §15.5.14',
    post([`Content-Length: ${1024 * 1024}`], 'a'.repeat(1024 * 1024)),
    {
      body: 'a'.repeat(1024 * 1024),
    },
  ),
  refused(
    'a body that says it is a byte more',
    'RFC 9110 §15.5.14',
    post([`Content-Length: ${1024 * 1024 + 1}`], 'a'.repeat(1024 * 1024 + 1)),
    413,
    'payload_too_large',
  ),
  refused(
    'a body said to have no end in sight',
    'RFC 9110 §15.5.14',
    post(['Content-Length: 999999999999999'], 'a'),
    413,
    'payload_too_large',
  ),
];
