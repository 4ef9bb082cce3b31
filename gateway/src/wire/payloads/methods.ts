import { broken, declined, line, refused, type WireCase } from '../wire-case.ts';

const notAllowed = (name: string, rule: string, bytes: string): WireCase =>
  declined(name, rule, bytes, 405, 'method_not_allowed');
const unknown = (name: string, bytes: string): WireCase =>
  refused(name, 'RFC 9110 §9.1', bytes, 501, 'method_unknown');

/** RFC 9110 §9: case counts; TRACE and CONNECT are not for a gateway to serve. */
export const methods: readonly WireCase[] = [
  notAllowed('TRACE', 'RFC 9110 §9.3.8', line('TRACE /api/x HTTP/1.1')),
  notAllowed('TRACE of a path that nobody serves', 'RFC 9110 §9.3.8', line('TRACE /nowhere HTTP/1.1')),
  notAllowed(
    'TRACE that would count hops',
    'RFC 9110 §7.6.2',
    'TRACE /api/x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n',
  ),
  refused('CONNECT', 'RFC 9110 §9.3.6', line('CONNECT a:443 HTTP/1.1'), 405, 'method_not_allowed'),
  refused(
    'CONNECT to ourselves',
    'RFC 9110 §9.3.6',
    line('CONNECT 127.0.0.1:8080 HTTP/1.1'),
    405,
    'method_not_allowed',
  ),
  refused('CONNECT to a path', 'RFC 9112 §3.2.3', line('CONNECT /api/x HTTP/1.1'), 405, 'method_not_allowed'),
  refused(
    'CONNECT with a body',
    'RFC 9110 §9.3.6',
    'CONNECT a:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
    405,
    'method_not_allowed',
  ),
  notAllowed('a method of WebDAV', 'RFC 9110 §15.5.6', line('PROPFIND /api/x HTTP/1.1')),
  notAllowed('QUERY', 'RFC 9110 §15.5.6', line('QUERY /api/x HTTP/1.1')),
  notAllowed('LINK', 'RFC 9110 §15.5.6', line('LINK /api/x HTTP/1.1')),
  notAllowed('SOURCE', 'RFC 9110 §15.5.6', line('SOURCE /api/x HTTP/1.1')),
  unknown('lower case', line('get /api/x HTTP/1.1')),
  unknown('mixed case', line('Get /api/x HTTP/1.1')),
  unknown('one that nobody knows', line('FOO /api/x HTTP/1.1')),
  unknown('one that begins like another', line('GETX /api/x HTTP/1.1')),
  unknown('one of odd but allowed characters', line("A!#$%&'*+-.^_`|~9 /api/x HTTP/1.1")),
  broken('one that is no token', 'RFC 9110 §9.1', line('G@T /api/x HTTP/1.1')),
  broken('one in brackets', 'RFC 9110 §9.1', line('(GET) /api/x HTTP/1.1')),
  broken('one of 5 000 letters', 'RFC 9112 §3', line(`${'A'.repeat(5000)} /api/x HTTP/1.1`)),
  broken('one with a colon', 'RFC 9110 §9.1', line('GET: /api/x HTTP/1.1')),
];
