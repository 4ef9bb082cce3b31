import { type AnswerCase, answer, bad, sound } from '../answer-case.ts';

const chunked = (body: string): string => answer(['Transfer-Encoding: chunked'], body);
const five = (...more: readonly string[]): string => answer([...more, 'Content-Length: 5'], 'hello');
const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
const large = 'y'.repeat(40_000);
const odd = (name: string, head: readonly string[], body = 'hello'): AnswerCase =>
  bad(name, 'RFC 9112 §6.3', answer(head, body));

/** RFC 9112 §6 and §7, the other way round. */
export const framing: readonly AnswerCase[] = [
  sound('a length', 'RFC 9112 §6.3', five(), { body: 'hello', headers: { 'content-length': '5' } }),
  sound('a length of 0', 'RFC 9112 §6.3', answer(['Content-Length: 0']), { body: '' }),
  sound('chunks', 'RFC 9112 §7.1', chunked('2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\n\r\n'), { body: 'hello' }),
  sound(
    'trailers, which end here',
    'RFC 9110 §6.5.1',
    chunked('5\r\nhello\r\n0\r\nX-A: 1\r\nSet-Cookie: a=1\r\n\r\n'),
    {
      body: 'hello',
      headers: { 'x-a': undefined, 'set-cookie': undefined, trailer: undefined },
    },
  ),
  {
    ...sound('until the end of the connection', 'RFC 9112 §6.3', answer(['X-A: 1'], 'hello'), {
      body: 'hello',
    }),
    afterwards: 'ends',
    reused: false,
  },
  {
    ...sound('of HTTP/1.0', 'RFC 9112 §9.3', five().replace('1.1', '1.0'), { body: 'hello' }),
    afterwards: 'ends',
    reused: false,
  },
  {
    ...sound(
      'HEAD with the length of what GET would give',
      'RFC 9110 §9.3.2',
      answer(['Content-Length: 1000', 'Connection: keep-alive']),
      {
        headers: { 'content-length': '1000' },
      },
    ),
    method: 'HEAD',
    // Some services send a body after a HEAD all the same: the connection is given up.
    reused: false,
  },
  {
    ...sound('HEAD with a body all the same', 'RFC 9110 §9.3.2', five('Connection: keep-alive'), {
      body: '',
    }),
    method: 'HEAD',
    reused: false,
  },
  {
    ...sound(
      '304 with the length of what it stands for',
      'RFC 9110 §15.4.5',
      'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 100\r\n\r\n',
      {
        status: 304,
        body: '',
        headers: { etag: '"1"' },
      },
    ),
    // The connection is trusted no more: the service could have sent what it says.
    reused: false,
  },

  {
    ...sound(
      '304 with a body',
      'RFC 9110 §15.4.5',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello',
      {
        status: 304,
        body: '',
      },
    ),
    reused: false,
  },
  {
    ...sound(
      '204 in chunks',
      'RFC 9112 §6.1',
      'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      {
        status: 204,
        body: '',
        headers: { 'transfer-encoding': undefined },
      },
    ),
    reused: false,
  },
  { ...sound('bytes after it', 'RFC 9112 §6.3', `${five()}garbage`, { body: 'hello' }), reused: false },
  { ...sound('another answer after it', 'RFC 9112 §9.2', five() + poison, { body: 'hello' }), reused: false },
  {
    ...sound('another answer after chunks', 'RFC 9112 §9.2', chunked('5\r\nhello\r\n0\r\n\r\n') + poison, {
      body: 'hello',
    }),
    reused: false,
  },
  odd('both lengths', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'),
  odd(
    'both lengths, the other way round',
    ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    '5\r\nhello\r\n0\r\n\r\n',
  ),
  odd('two lengths', ['Content-Length: 5', 'Content-Length: 6']),
  odd('two equal lengths', ['Content-Length: 5', 'Content-Length: 5']),
  odd('a list of lengths', ['Content-Length: 5, 5']),
  odd('a signed length', ['Content-Length: +5']),
  odd('a negative length', ['Content-Length: -5']),
  odd('an empty length', ['Content-Length:']),
  odd('an enormous length', ['Content-Length: 99999999999999999999']),
  ...['zz\r\nhello', '-5\r\nhello', '5\nhello\r\n0\r\n\r\n', 'fffffffffffffffff\r\nhello'].map((body) => ({
    ...bad(`a first chunk of ${JSON.stringify(body.slice(0, 6))}`, 'RFC 9112 §7.1', chunked(body)),
    becomes: 'broken off' as const,
  })),
  {
    ...bad('a second chunk that is none', 'RFC 9112 §7.1', chunked('5\r\nhello\r\nzz\r\n')),
    becomes: 'broken off',
  },
  { ...bad('no last chunk', 'RFC 9112 §8', chunked('5\r\nhello\r\n'), 'ends'), becomes: 'broken off' },
  { ...bad('half a chunk', 'RFC 9112 §8', chunked('ff\r\nhello'), 'ends'), becomes: 'broken off' },
  bad('half of what the length says', 'RFC 9112 §8', answer(['Content-Length: 10'], 'hello'), 'ends'),
  {
    ...bad('half of a large one', 'RFC 9112 §8', answer(['Content-Length: 80000'], large), 'ends'),
    becomes: 'broken off',
  },
];
