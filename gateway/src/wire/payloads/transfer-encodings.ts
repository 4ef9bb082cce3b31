import { broken, passes, post, type WireCase } from '../wire-case.ts';

const body = '5\r\nhello\r\n0\r\n\r\n';
const hidden = '0\r\n\r\nGET /api/hidden HTTP/1.1\r\nHost: a\r\n\r\n';
const odd = (...lines: readonly string[]): WireCase =>
  broken(lines.map((line) => JSON.stringify(line)).join(' and '), 'RFC 9112 §6.1', post(lines, hidden));

/** RFC 9112 §6.1 and §7: `chunked`, once, and nothing else, since nobody here undoes another coding. */
export const transferEncodings: readonly WireCase[] = [
  passes('chunked', 'RFC 9112 §7.1', post(['Transfer-Encoding: chunked'], body), { body: 'hello' }),
  passes('in capitals', 'RFC 9112 §7', post(['TRANSFER-ENCODING: CHUNKED'], body), { body: 'hello' }),
  passes('with a tab before it', 'RFC 9112 §5', post(['Transfer-Encoding:\tchunked'], body), {
    body: 'hello',
  }),
  passes(
    'a name with a line under it is no coding',
    'RFC 9110 §5.1',
    post(['Transfer_Encoding: chunked', 'Content-Length: 5'], 'hello'),
    { body: 'hello', headers: { transfer_encoding: undefined, 'content-length': '5' } },
  ),
  odd('Transfer-Encoding: gzip, chunked'),
  odd('Transfer-Encoding: identity, chunked'),
  odd('Transfer-Encoding: chunked, identity'),
  odd('Transfer-Encoding: chunked, chunked'),
  odd('Transfer-Encoding: ,chunked'),
  odd('Transfer-Encoding: chunked,'),
  odd('Transfer-Encoding: chunked, '),
  odd('Transfer-Encoding: identity'),
  odd('Transfer-Encoding: gzip'),
  odd('Transfer-Encoding: xchunked'),
  odd('Transfer-Encoding: chunkedx'),
  odd('Transfer-Encoding: chunke'),
  odd('Transfer-Encoding: chunked;q=1'),
  odd('Transfer-Encoding: "chunked"'),
  odd("Transfer-Encoding: 'chunked'"),
  odd('Transfer-Encoding: chunked chunked'),
  odd('Transfer-Encoding: \x0bchunked'),
  odd('Transfer-Encoding: chunked\x0c'),
  odd('Transfer-Encoding: \xa0chunked'),
  odd('Transfer-Encoding: c\0hunked'),
  odd('Transfer-Encoding:'),
  odd('Transfer-Encoding : chunked'),
  odd('Transfer-Encoding\t: chunked'),
  odd(' Transfer-Encoding: chunked'),
  odd('Transfer-Encoding:', ' chunked'),
  odd('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'),
  odd('Transfer-Encoding: chunked', 'Transfer-Encoding: identity'),
  odd('Transfer-Encoding: identity', 'Transfer-Encoding: chunked'),
  odd('Transfer-Encoding: x', 'Transfer-Encoding: chunked'),
  odd('Transfer-Encoding: x', 'Content-Length: 5'),
  odd('Transfer-Encoding:', 'Content-Length: 5'),
  odd('X-A: 1\nTransfer-Encoding: chunked'),
  odd('X-A: 1\rTransfer-Encoding: chunked'),
];
