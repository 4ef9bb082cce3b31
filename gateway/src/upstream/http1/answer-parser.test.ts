import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ReadAnswer, readAnswer } from './read-answer.ts';

const lines = (...all: readonly string[]): string => all.join('\r\n');
const answer = (head: readonly string[], body = ''): string => lines('HTTP/1.1 200 OK', ...head, '', body);
const chunked = (body: string): string => answer(['Transfer-Encoding: chunked'], body);

type Expected = Partial<ReadAnswer>;
const whole = (more: Expected = {}): Expected => ({ end: 'whole', ...more });
const refused: Expected = { end: 'refused' };

/** Every message with what it is, read in one piece. */
const sound: readonly (readonly [string, string, Expected])[] = [
  [
    'a length',
    answer(['Content-Length: 5'], 'hello'),
    whole({ status: 200, body: 'hello', idleMs: Infinity }),
  ],
  ['a length of nothing', answer(['Content-Length: 0']), whole({ body: '' })],
  ['a length with zeros before', answer(['Content-Length: 0005'], 'hello'), whole({ body: 'hello' })],
  ['chunks', chunked('2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'), whole({ body: 'hello', idleMs: Infinity })],
  [
    'a large size of a chunk',
    chunked(`00A\r\n${'x'.repeat(10)}\r\n0\r\n\r\n`),
    whole({ body: 'x'.repeat(10) }),
  ],
  ['chunk extensions', chunked('5;a;b=c;d="e;\\"f"\r\nhello\r\n0;last\r\n\r\n'), whole({ body: 'hello' })],
  ['trailers, dropped', chunked('5\r\nhello\r\n0\r\nX-A: 1\r\nb:\r\n\r\n'), whole({ body: 'hello' })],
  ['no reason', answer(['Content-Length: 0']).replace(' OK', ' '), whole()],
  ['no reason, nor its space', answer(['Content-Length: 0']).replace(' OK', ''), whole()],
  ['a reason over 0x7f', answer(['Content-Length: 0']).replace('OK', '\xe9\t'), whole()],
  ['204', lines('HTTP/1.1 204 No Content', '', ''), whole({ status: 204, idleMs: Infinity })],
  ['204 with a length', lines('HTTP/1.1 204 No', 'Content-Length: 5', '', ''), whole({ idleMs: 0 })],
  ['304 in chunks', lines('HTTP/1.1 304 No', 'Transfer-Encoding: chunked', '', ''), whole({ idleMs: 0 })],
  ['HTTP/1.0', answer(['Content-Length: 1'], 'x').replace('1.1', '1.0'), whole({ body: 'x', idleMs: 0 })],
  [
    'HTTP/1.0 that stays',
    answer(['Content-Length: 1', 'Connection: Keep-Alive'], 'x').replace('1.1', '1.0'),
    whole({ idleMs: Infinity }),
  ],
  ['the last one', answer(['Content-Length: 0', 'Connection: x, Close']), whole({ idleMs: 0 })],
  [
    'one that idles 5 s',
    answer(['Content-Length: 0', 'Keep-Alive: timeout=5, max=9']),
    whole({ idleMs: 4000 }),
  ],
  ['one that idles 1 s', answer(['Content-Length: 0', 'keep-alive: timeout=1']), whole({ idleMs: 0 })],
  [
    'interim ones',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n${answer(['Content-Length: 1'], 'x')}`,
    whole({ status: 200, headers: ['content-length', '1'], body: 'x', idleMs: Infinity }),
  ],
  [
    'an interim one with a length, which it cannot have',
    `HTTP/1.1 103 Early\r\nContent-Length: 5\r\n\r\n${answer(['Content-Length: 0'])}`,
    whole({ idleMs: 0 }),
  ],
  [
    'names in any case, values without the blanks around',
    answer([
      'X-A: \t1 2 \t',
      'ETAG:"x"',
      'constructor:',
      'Set-Cookie: a',
      'set-cookie: b',
      'content-LENGTH: 0',
    ]),
    whole({
      headers: [
        ...['x-a', '1 2', 'etag', '"x"', 'constructor', '', 'set-cookie', 'a', 'set-cookie', 'b'],
        ...['content-length', '0'],
      ],
    }),
  ],
  ['bytes over 0x7f in a value', answer(['a: \x80\xff', 'Content-Length: 0']), whole()],
  ['200 headers', answer([...Array.from({ length: 199 }, () => 'a: b'), 'Content-Length: 0']), whole()],
  ['half a body', answer(['Content-Length: 5'], 'hel'), { end: 'waits', body: 'hel' }],
];

const unsound: readonly (readonly [string, string])[] = [
  ...[
    'HTTP/1.2 200 OK',
    'HTTP/2 200 OK',
    'http/1.1 200 OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1 20 OK',
    ' HTTP/1.1 200 OK',
  ],
  ...[
    'HTTP/1.1 600 Odd',
    'HTTP/1.1 099 Odd',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1\t200 OK',
    'HTTP/1.1 200\tOK',
    '',
    'SSH-2.0',
  ],
  ...[
    'HTTP/1.1 101 Switching Protocols',
    'HTTP/1.0 103 Early Hints',
    'HTTP/1.1 200 O\0K',
    'HTTP/1.1 200 O\rK',
    'HTTP/1.1 200 O\nK',
    'HTTP/1.1',
  ],
]
  .map((line): readonly [string, string] => [JSON.stringify(line), lines(line, 'Content-Length: 0', '', '')])
  .concat(
    [
      ...['a : 1', 'a', ': 1', ' a: 1', 'a\t: 1', 'a b: 1', 'a\xe9: 1', 'a(: 1', 'a: 1\r\n b', 'a: 1\r\n\tb'],
      ...['a: \0', 'a: \x1b', 'a: \x7f', 'a: 1\rb: 2', 'a: 1\nb: 2', 'a\r: 1', 'a: 1\r\r', 'a: 1\r\n\n'],
      ...[
        'Content-Length: 0',
        'Content-Length: 5',
        'Content-Length: 0,0',
        'content-length: +0',
        'Content-Length: 0x0',
      ],
      ...['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip', 'Transfer-Encoding: identity'],
    ].map((line): readonly [string, string] => [
      `${JSON.stringify(line)} beside a length`,
      answer(['Content-Length: 0', line]),
    ]),
    ['', '1 1', '1;1', '-1', '1e3', '9007199254740992', '99999999999999999999'].map(
      (length): readonly [string, string] => [
        `a length of ${JSON.stringify(length)}`,
        answer([`Content-Length: ${length}`]),
      ],
    ),
    ['gzip', 'gzip, chunked', 'chunked, gzip', 'chunked, chunked', 'chunked;a', ''].map(
      (coding): readonly [string, string] => [
        `the coding ${coding}`,
        answer([`Transfer-Encoding: ${coding}`], '0\r\n\r\n'),
      ],
    ),
    [
      ...[
        '\r\n',
        'x\r\n',
        '-1\r\n',
        '+1\r\n',
        ' 1\r\n',
        '1 \r\n',
        '0x1\r\n',
        '1\n',
        '1\r\r\n',
        '1\ra',
        '1\t;a\r\n',
      ],
      ...['1; a\r\n', '1;\r\n', '1;a b\r\n', '1;a="\r\n', '1;a=\x01\r\n', '1;a\n', '00000000000000001\r\n'],
      ...[
        'fffffffffffffffff\r\n',
        '20000000000000\r\n',
        '1\r\nab\r\n',
        '1\r\na\n',
        '1\r\na\rx',
        '0\r\nX\r\n\r\n',
      ],
      ...[
        '0\r\nX : 1\r\n\r\n',
        '0\r\nX: \0\r\n\r\n',
        '0\r\n X: 1\r\n\r\n',
        '0\r\n\n',
        '0\r\nX: 1\r\r\n',
        '0\r\n\rX',
      ],
      '0\r\nContent-Length: 1\r\n\r\n',
      '0\r\na: b\r\ntransfer-encoding: gzip\r\n\r\n',
    ].map((body): readonly [string, string] => [`chunks ${JSON.stringify(body)}`, chunked(body)]),
  );

const outcome = ({ end, status, headers, body, idleMs }: ReadAnswer) =>
  end === 'refused' ? { end } : { end, status, headers, body, idleMs };

describe('reading an answer', () => {
  it.each(sound)('takes %s', (_name, bytes, expected) => {
    expect(readAnswer([bytes])).toMatchObject(expected);
  });

  it.each(unsound)('refuses %s', (_name, bytes) => {
    expect(readAnswer([bytes])).toMatchObject(refused);
  });

  it('comes to the same wherever it is cut in two, and byte by byte', () => {
    for (const [name, bytes] of [...sound, ...unsound]) {
      const expected = outcome(readAnswer([bytes]));
      if (bytes.length < 1000) {
        for (let at = 1; at < bytes.length; at += 1) {
          const read = readAnswer([bytes.slice(0, at), bytes.slice(at)]);
          expect([name, at, outcome(read)]).toEqual([name, at, expected]);
        }
      }
      expect([name, outcome(readAnswer([...bytes]))]).toEqual([name, expected]);
    }
  });

  it('comes to the same in any pieces', () => {
    const cases = [...sound, ...unsound].map(([, bytes]) => bytes);
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.array(fc.nat(400), { maxLength: 8 }), (bytes, cuts) => {
        const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.slice(at[index], end));
        expect(outcome(readAnswer(pieces))).toEqual(outcome(readAnswer([bytes])));
      }),
    );
  });
});

describe('reading an answer to its end', () => {
  it('takes the end of the connection for the end of a body without a length', () => {
    expect(readAnswer([answer(['a: b'], 'hel'), 'lo'], { ends: true })).toMatchObject(
      whole({ body: 'hello', idleMs: 0 }),
    );
  });

  it.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\nConte'],
    ['half a body', answer(['Content-Length: 5'], 'hell')],
    ['chunks without the last one', chunked('5\r\nhello\r\n')],
    ['chunks without their last line', chunked('5\r\nhello\r\n0\r\n')],
    ['an interim answer alone', 'HTTP/1.1 103 Early\r\n\r\n'],
  ])('refuses the end of the connection after %s', (_name, bytes) => {
    expect(readAnswer(bytes === '' ? [] : [bytes], { ends: true })).toMatchObject(refused);
  });

  it.each([
    ['a length', answer(['Content-Length: 2'], 'ok')],
    ['chunks', chunked('2\r\nok\r\n0\r\n\r\n')],
    ['no body', answer(['Content-Length: 0'])],
  ])('never uses a connection again on which bytes follow: %s', (_name, bytes) => {
    const alone = readAnswer([bytes]);
    expect(alone.idleMs).toBe(Infinity);
    expect(readAnswer([`${bytes}H`])).toEqual({ ...alone, idleMs: 0 });
  });

  it('reads no body after a HEAD, and does not trust the connection', () => {
    for (const head of [['Content-Length: 5'], ['Transfer-Encoding: chunked'], []]) {
      expect(readAnswer([answer(head)], { method: 'HEAD' })).toMatchObject(whole({ body: '', idleMs: 0 }));
    }
  });
});

describe('reading an answer without an end', () => {
  it.each([
    ['a head', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(40_000)}\r\n\r\n`],
    ['a head that does not end', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(40_000)}`],
    ['a reason', `HTTP/1.1 200 ${'b'.repeat(40_000)}`],
    ['201 headers', answer([...Array.from({ length: 200 }, () => 'a: b'), 'Content-Length: 0'])],
    ['interim answers', 'HTTP/1.1 103 E\r\n\r\n'.repeat(20_000)],
    ['chunk extensions', chunked(`1;${'a'.repeat(20_000)}`)],
    ['chunk extensions together', chunked(`1;${'a'.repeat(1000)}\r\nx\r\n`.repeat(20))],
    ['a trailer', chunked(`0\r\na: ${'b'.repeat(40_000)}`)],
    ['trailers', chunked(`0\r\n${'a: b\r\n'.repeat(300)}`)],
  ])('is refused: %s', (_name, bytes) => {
    const pieces = bytes.match(/[\s\S]{1,60000}/g) ?? [];
    expect(readAnswer(pieces)).toMatchObject(refused);
    expect(readAnswer([...bytes])).toMatchObject(refused);
  });

  it('is refused at its first bytes, if it is no HTTP', () => {
    expect(readAnswer(['SSH-2.0-OpenSSH_9.6\r\n'])).toMatchObject(refused);
    expect(readAnswer(['HTTP/1.1 200 OK\nServer: x\n\n'])).toMatchObject(refused);
  });
});
