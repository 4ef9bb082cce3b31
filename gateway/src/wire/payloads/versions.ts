import { broken, line, type WireCase } from '../wire-case.ts';

const closing = { closes: true } as const;

/** RFC 9112 §2.3: `HTTP/` DIGIT `.` DIGIT; what is spoken here is 1.0 and 1.1. */
export const versions: readonly WireCase[] = [
  broken('HTTP/0.9, without a version', 'RFC 9112 §2.3', 'GET /api/x\r\n\r\n'),
  broken('HTTP/0.9, said', 'RFC 9112 §2.3', line('GET /api/x HTTP/0.9')),
  broken('HTTP/1.2', 'RFC 9112 §2.3', line('GET /api/x HTTP/1.2')),
  broken('HTTP/1.11', 'RFC 9112 §2.3', line('GET /api/x HTTP/1.11')),
  broken('HTTP/01.1', 'RFC 9112 §2.3', line('GET /api/x HTTP/01.1')),
  broken('HTTP/1', 'RFC 9112 §2.3', line('GET /api/x HTTP/1')),
  broken('HTTP/1.', 'RFC 9112 §2.3', line('GET /api/x HTTP/1.')),
  broken('HTTP/-1.1', 'RFC 9112 §2.3', line('GET /api/x HTTP/-1.1')),
  broken('HTTP/1,1', 'RFC 9112 §2.3', line('GET /api/x HTTP/1,1')),
  broken('HTTP/2.0', 'RFC 9112 §2.3', line('GET /api/x HTTP/2.0')),
  broken('HTTP/3.0', 'RFC 9112 §2.3', line('GET /api/x HTTP/3.0')),
  broken('the preface of HTTP/2', 'RFC 9113 §3.4', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'),
  broken('a lower-case name', 'RFC 9112 §2.3', line('GET /api/x http/1.1')),
  broken('another name', 'RFC 9112 §2.3', line('GET /api/x HTP/1.1')),
  broken('a version of another protocol', 'RFC 9112 §2.3', line('GET /api/x ICE/1.0')),
  {
    name: 'HTTP/1.0 needs no Host, and gets its end of the connection',
    rule: 'RFC 9112 §9.3',
    bytes: 'GET /api/x HTTP/1.0\r\n\r\n',
    answers: [200],
    ...closing,
    arrives: [{ line: 'GET /api/x', headers: { 'x-forwarded-host': undefined, via: '1.0 gatehouse' } }],
  },
  {
    name: 'HTTP/1.0 with a Host',
    rule: 'RFC 9112 §3.2',
    bytes: 'GET /api/x HTTP/1.0\r\nHost: b\r\n\r\n',
    answers: [200],
    ...closing,
    arrives: [{ line: 'GET /api/x', headers: { 'x-forwarded-host': 'b' } }],
  },
  {
    name: 'HTTP/1.0 with a body of a given length',
    rule: 'RFC 9112 §6.3',
    bytes: 'POST /api/x HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello',
    answers: [200],
    ...closing,
    arrives: [{ line: 'POST /api/x', body: 'hello' }],
  },
  broken('HTTP/1.0 with two Hosts', 'RFC 9112 §3.2', 'GET /api/x HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n'),
  broken(
    'HTTP/1.0 with a transfer coding',
    'RFC 9112 §6.1',
    'POST /api/x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ),
];
