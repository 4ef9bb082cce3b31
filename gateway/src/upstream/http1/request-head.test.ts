import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutgoingRequest } from './outgoing-request.ts';
import { toRequestHead } from './request-head.ts';

const write = (request: Partial<OutgoingRequest>) =>
  toRequestHead({ method: 'GET', path: '/', headers: [], body: null, ...request }, 'host: a:1\r\n');
const begin = (method: string): string => `${method} / HTTP/1.1\r\nhost: a:1\r\nconnection: keep-alive\r\n`;
const stream = (): Readable => Readable.from([]);

describe('the head of a request', () => {
  it.each<[string, Partial<OutgoingRequest>, string, number]>([
    ['nothing to send', {}, `${begin('GET')}\r\n`, 0],
    ['headers', { headers: ['a', 'b', 'c', '\xe9'] }, `${begin('GET')}a: b\r\nc: \xe9\r\n\r\n`, 0],
    ['POST without a body', { method: 'POST' }, `${begin('POST')}content-length: 0\r\n\r\n`, 0],
    ['DELETE without a body', { method: 'DELETE' }, `${begin('DELETE')}\r\n`, 0],
    ['a body in memory', { body: Buffer.from('é') }, `${begin('GET')}content-length: 2\r\n\r\n`, 2],
    [
      'a stream of a given length',
      { method: 'PUT', headers: ['content-length', '7', 'a', 'b'], body: stream() },
      `${begin('PUT')}a: b\r\ncontent-length: 7\r\n\r\n`,
      7,
    ],
    ['a stream', { method: 'PUT', body: stream() }, `${begin('PUT')}transfer-encoding: chunked\r\n\r\n`, -1],
    ['HEAD', { method: 'HEAD' }, `${begin('HEAD').replace('keep-alive', 'close')}\r\n`, 0],
  ])('is written: %s', (_name, request, text, bodyBytes) => {
    expect(write(request)).toEqual({ text, bodyBytes });
  });

  it.each<[string, Partial<OutgoingRequest>]>([
    ...['/a b', '/a\r\nX: 1', '/\0', '/\u010a', '', '/\x7f'].map(
      (path): [string, Partial<OutgoingRequest>] => [`the target ${JSON.stringify(path)}`, { path }],
    ),
    ...['GET /', 'G\r\n', '', 'G\u0120T'].map((method): [string, Partial<OutgoingRequest>] => [
      `the method ${JSON.stringify(method)}`,
      { method },
    ]),
    ...['a\r\nb: c', 'a\n', 'a\r', '\0', '\u010a', '\u560a', '\x7f'].map(
      (value): [string, Partial<OutgoingRequest>] => [
        `the value ${JSON.stringify(value)}`,
        { headers: ['a', value] },
      ],
    ),
    ...['', 'a b', 'a:', 'a\r\nb', 'a\n', '\u0161', '\0'].map((name): [string, Partial<OutgoingRequest>] => [
      `the name ${JSON.stringify(name)}`,
      { headers: [name, '1'] },
    ]),
    ...['host', 'connection', 'transfer-encoding', 'expect', 'upgrade', 'keep-alive'].map(
      (name): [string, Partial<OutgoingRequest>] => [
        `${name}, which is the connection's`,
        { headers: [name, 'x'] },
      ],
    ),
    ['two lengths', { headers: ['content-length', '1', 'content-length', '1'], body: stream() }],
    ['a length that is none', { headers: ['content-length', '1,1'], body: stream() }],
    ['another length than that of the body', { headers: ['content-length', '1'], body: Buffer.from('ab') }],
    ['a length without a body', { headers: ['content-length', '1'] }],
  ])('is refused: %s', (_name, request) => {
    expect(() => write(request)).toThrow(expect.objectContaining({ code: 'UPSTREAM_INVALID' }));
  });

  it('has as many lines as were asked for, whatever they are, or is refused', () => {
    const text = fc.string({ unit: 'binary', maxLength: 12 });
    fc.assert(
      fc.property(text, fc.array(fc.tuple(text, text), { maxLength: 4 }), (path, headers) => {
        let written: string;
        try {
          written = write({ path: `/${path}`, headers: headers.flat() }).text;
        } catch {
          return;
        }
        const bytes = Buffer.from(written, 'latin1');
        const breaks = [...bytes].filter((byte) => byte === 10 || byte === 13 || byte === 0);
        expect(breaks.length).toBe(2 * (headers.length + 4));
      }),
    );
  });
});
