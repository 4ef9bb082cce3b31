import { type AnswerCase, answer, bad, sound } from '../answer-case.ts';

const body = '5\r\nhello\r\n0\r\n\r\n';
const odd = (name: string, head: readonly string[], content = body): AnswerCase =>
  bad(name, 'RFC 9112 §6.1', answer(head, content));

/** What undici lets through, and others do: odd, and yet easily taken for sound. */
export const leniencies: readonly AnswerCase[] = [
  sound('204 with a length', 'RFC 9110 §8.6', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', {
    status: 204,
    body: '',
    headers: { 'content-length': undefined, 'transfer-encoding': undefined },
  }),
  {
    ...sound(
      '204 with a body',
      'RFC 9110 §15.3.5',
      'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello',
      {
        status: 204,
        body: '',
        headers: { 'content-length': undefined },
      },
    ),
    reused: false,
  },
  odd('a coding before chunked', ['Transfer-Encoding: gzip, chunked']),
  odd('a coding after chunked', ['Transfer-Encoding: chunked, gzip']),
  odd('chunked twice', ['Transfer-Encoding: chunked, chunked']),
  odd('chunked in two lines', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']),
  odd('another coding', ['Transfer-Encoding: identity'], 'hello'),
  odd('another coding beside a length', ['Transfer-Encoding: identity', 'Content-Length: 5'], 'hello'),
  ...[600, 999].map((code) =>
    bad(`status ${code}`, 'RFC 9110 §15', `HTTP/1.1 ${code} Odd\r\nContent-Length: 5\r\n\r\nhello`),
  ),
];
