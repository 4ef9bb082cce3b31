import { declined, get, passes, type WireCase } from '../wire-case.ts';

const options = (...headers: readonly string[]): string =>
  ['OPTIONS /api/x HTTP/1.1', 'Host: a', ...headers, '', ''].join('\r\n');
const counted = (name: string, sent: string, arrives: string | undefined): WireCase =>
  passes(name, 'RFC 9110 §7.6.2', options(`Max-Forwards: ${sent}`), {
    line: 'OPTIONS /api/x',
    headers: { 'max-forwards': arrives },
  });

/** RFC 9110 §7.6.2 and §7.6.3: `Max-Forwards` and `Via`. */
export const hops: readonly WireCase[] = [
  counted('one hop fewer', '3', '2'),
  counted('the last hop', '1', '0'),
  counted('zeros before it', '0002', '1'),
  {
    name: 'none left: the gateway answers',
    rule: 'RFC 9110 §7.6.2',
    bytes: options('Max-Forwards: 0'),
    answers: [204],
    closes: false,
    arrives: [],
  },
  counted('no number says nothing', '-1', undefined),
  counted('an endless number says nothing', '9999999999999999', undefined),
  passes('it says nothing to another method', 'RFC 9110 §7.6.2', get('Max-Forwards: 0'), {
    headers: { 'max-forwards': undefined },
  }),
  passes('Via is added to', 'RFC 9110 §7.6.3', get('Via: 1.0 fred, 1.1 b'), {
    headers: { via: '1.0 fred, 1.1 b, 1.1 gatehouse' },
  }),
  passes('lines of Via become one', 'RFC 9110 §7.6.3', get('Via: 1.0 fred', 'via: 1.1 b'), {
    headers: { via: '1.0 fred, 1.1 b, 1.1 gatehouse' },
  }),
  declined(
    'a path that nobody serves',
    'RFC 9110 §15.5.5',
    'GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n',
    404,
    'not_found',
  ),
];
