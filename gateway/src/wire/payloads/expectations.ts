import { get, passes, post, refused, type WireCase } from '../wire-case.ts';

const failed = (name: string, value: string): WireCase =>
  refused(
    name,
    'RFC 9110 §10.1.1',
    post([`Expect:${value}`, 'Content-Length: 5'], ''),
    417,
    'expectation_failed',
  );

/** RFC 9110 §10.1.1: `100-continue` is known, and nothing else. The suite checks the final answers alone. */
export const expectations: readonly WireCase[] = [
  passes('100-continue', 'RFC 9110 §10.1.1', post(['Expect: 100-continue', 'Content-Length: 5'], 'hello'), {
    body: 'hello',
    headers: { expect: undefined },
  }),
  passes('in capitals', 'RFC 9110 §10.1.1', post(['Expect: 100-CONTINUE', 'Content-Length: 5'], 'hello'), {
    body: 'hello',
  }),
  passes(
    'before chunks',
    'RFC 9110 §10.1.1',
    post(['Expect: 100-continue', 'Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'),
    {
      body: 'hello',
    },
  ),
  {
    ...passes('without a body, which a client must not say', 'RFC 9110 §10.1.1', get('Expect: 100-continue')),
    closes: true,
  },
  {
    name: 'of a client of HTTP/1.0 says nothing',
    rule: 'RFC 9110 §10.1.1',
    bytes: 'POST /api/x HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello',
    answers: [200],
    closes: true,
    arrives: [{ line: 'POST /api/x', body: 'hello', headers: { expect: undefined } }],
  },
  failed('something else', ' a-miracle'),
  failed('something that begins alike', ' 100-continuex'),
  failed('another number', ' 200-ok'),
  failed('one among others', ' 100-continue, a-miracle'),
  failed('nothing', ''),
];
