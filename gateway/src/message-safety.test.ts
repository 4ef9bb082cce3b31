import { describe, expect, it } from 'vitest';
import { sendRaw } from './fixture/raw-request.ts';
import { startTestGateway } from './fixture/start-test-gateway.ts';

const post = (headers: readonly string[], body: string): string =>
  ['POST /api/x HTTP/1.1', 'Host: a', ...headers, '', body].join('\r\n');
const get = (...headers: readonly string[]): string =>
  ['GET /api/x HTTP/1.1', ...headers, '', ''].join('\r\n');

const smuggled = '0\r\n\r\nGET /api/secret HTTP/1.1\r\nHost: a\r\n\r\n';

describe('broken framing', () => {
  const broken: Readonly<Record<string, string>> = {
    'both lengths': post(['Content-Length: 5', 'Transfer-Encoding: chunked'], smuggled),
    'both lengths, the other way round': post(['Transfer-Encoding: chunked', 'Content-Length: 5'], smuggled),
    'two lengths': post(['Content-Length: 5', 'Content-Length: 6'], 'hello!'),
    'two equal lengths': post(['Content-Length: 5', 'Content-Length: 5'], 'hello'),
    'a list of lengths': post(['Content-Length: 5, 5'], 'hello'),
    'a signed length': post(['Content-Length: +5'], 'hello'),
    'a negative length': post(['Content-Length: -5'], 'hello'),
    'a length in hex': post(['Content-Length: 0x5'], 'hello'),
    'an empty length': post(['Content-Length: '], 'hello'),
    'an enormous length': post(['Content-Length: 99999999999999999999999'], 'hello'),
    'a coding before chunked': post(['Transfer-Encoding: gzip, chunked'], smuggled),
    'chunked twice': post(['Transfer-Encoding: chunked, chunked'], smuggled),
    'chunked in two headers': post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], smuggled),
    'identity after chunked': post(['Transfer-Encoding: chunked, identity'], smuggled),
    'an unknown coding': post(['Transfer-Encoding: xchunked'], smuggled),
    'a quoted coding': post(['Transfer-Encoding: "chunked"'], smuggled),
    'a coding hidden by a tab': post(['Transfer-Encoding:\x0bchunked'], smuggled),
    'a coding in HTTP/1.0': post(['Transfer-Encoding: chunked'], smuggled).replace('HTTP/1.1', 'HTTP/1.0'),
    'a space before the colon': post(['Content-Length : 5'], 'hello'),
    'a folded header': get('Host: a', 'X-A: 1', ' Transfer-Encoding: chunked'),
    'a header without a name': get('Host: a', ': 1'),
    'a header without a colon': get('Host: a', 'garbage'),
    'a NUL in a header': get('Host: a', 'X-A: b\0c'),
    'a bare CR in a header': get('Host: a', 'X-A: b\rc'),
    'bare LF line ends': 'GET /api/x HTTP/1.1\nHost: a\n\n',
    'a chunk size that is none': post(['Transfer-Encoding: chunked'], 'zz\r\nhello\r\n0\r\n\r\n'),
    'a signed chunk size': post(['Transfer-Encoding: chunked'], '+5\r\nhello\r\n0\r\n\r\n'),
    'a chunk size with a prefix': post(['Transfer-Encoding: chunked'], '0x5\r\nhello\r\n0\r\n\r\n'),
    'a chunk longer than it says': post(['Transfer-Encoding: chunked'], '3\r\nhello\r\n0\r\n\r\n'),
    'no Host': get('X-A: 1'),
    'an empty Host': get('Host: '),
    'two Hosts': get('Host: a', 'Host: b'),
    'two equal Hosts': get('Host: a', 'Host: a'),
    'a Host with a path': get('Host: a/b'),
    'a Host with a user': get('Host: a@b'),
    'a Host with a space': get('Host: a b'),
    'HTTP/0.9': 'GET /api/x\r\n\r\n',
    'HTTP/2.0': 'GET /api/x HTTP/2.0\r\nHost: a\r\n\r\n',
    'HTTP/1.2': 'GET /api/x HTTP/1.2\r\nHost: a\r\n\r\n',
    'a lower-case version': 'GET /api/x http/1.1\r\nHost: a\r\n\r\n',
    'a space in the target': 'GET /api/x y HTTP/1.1\r\nHost: a\r\n\r\n',
    'a method that is none': 'G@T /api/x HTTP/1.1\r\nHost: a\r\n\r\n',
    'a target that is no path': 'GET api/x HTTP/1.1\r\nHost: a\r\n\r\n',
    'an asterisk': 'GET * HTTP/1.1\r\nHost: a\r\n\r\n',
    'TLS on a plain port': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'two Authorizations': get('Host: a', 'Authorization: Bearer a', 'Authorization: Bearer b'),
  };

  it.each(Object.entries(broken))('%s: 400, and the connection is closed', async (_name, bytes) => {
    const { port, upstream } = await startTestGateway();

    const answer = await sendRaw(port, Buffer.from(bytes, 'latin1'));

    expect(answer.status).toBe(400);
    expect(answer.head).toMatch(/^Content-Type: application\/problem\+json/m);
    expect(answer.head).toMatch(/^Connection: close$/m);
    expect(answer.head).toMatch(/^X-Request-Id: \S+$/m);
    expect(JSON.parse(answer.body)).toMatchObject({ status: 400, code: 'malformed_request' });
    expect(answer.text.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
    expect(upstream.received.map(({ url }) => url)).not.toContain('/api/secret');
  });
});

describe('a request that is too large', () => {
  it('is 431 with more than 100 headers', async () => {
    const { port } = await startTestGateway();
    const headers = Array.from({ length: 100 }, (_, index) => `X-${index}: 1`);

    const answer = await sendRaw(port, get('Host: a', ...headers));

    expect(answer.status).toBe(431);
    expect(JSON.parse(answer.body).code).toBe('headers_too_large');
  });

  it('passes with 100 headers', async () => {
    const { port } = await startTestGateway();
    const headers = Array.from({ length: 98 }, (_, index) => `X-${index}: 1`);

    expect((await sendRaw(port, get('Host: a', 'Connection: close', ...headers))).status).toBe(200);
  });

  it.each([17_000, 40_000, 300_000])('is 431 with %i bytes of headers', async (bytes) => {
    const { port } = await startTestGateway();

    const answer = await sendRaw(port, get('Host: a', `X-A: ${'a '.repeat(bytes / 2)}`));

    expect(answer.status).toBe(431);
  });

  it.each([8200, 40_000])('is 414 with a URL of %i bytes', async (bytes) => {
    const { port } = await startTestGateway();

    const answer = await sendRaw(port, `GET /api/${'a'.repeat(bytes)} HTTP/1.1\r\nHost: a\r\n\r\n`);

    expect(answer.status).toBe(414);
    expect(JSON.parse(answer.body).code).toBe('uri_too_long');
  });
});

describe('methods that are never served', () => {
  it.each(['TRACE /api/x', 'CONNECT a:443', 'PROPFIND /api/x', 'QUERY /api/x'])('%s is 405', async (line) => {
    const { port, upstream } = await startTestGateway();

    const answer = await sendRaw(port, `${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);

    expect(answer.status).toBe(405);
    expect(answer.head).toMatch(/^Allow: .*GET/m);
    expect(upstream.received).toEqual([]);
  });
});

describe('an expectation', () => {
  it('of 100-continue gets its Continue only when nothing refuses the request', async () => {
    const { port, upstream } = await startTestGateway();

    const answer = await sendRaw(
      port,
      post(['Expect: 100-continue', 'Content-Length: 5', 'Connection: close'], 'hello'),
    );

    expect(answer.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(upstream.received[0]?.headers.expect).toBeUndefined();
  });

  it('of 100-continue gets the refusal at once', async () => {
    const { port } = await startTestGateway({
      config: 'routes: [{ path: /api/*, service: posts, auth: required }]',
    });

    const answer = await sendRaw(port, post(['Expect: 100-continue', 'Content-Length: 5'], ''));

    expect(answer.text).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer.text).not.toContain('100 Continue');
  });

  it('of anything else is 417', async () => {
    const { port } = await startTestGateway();

    const answer = await sendRaw(port, get('Host: a', 'Expect: a-miracle'));

    expect(answer.status).toBe(417);
    const [, requestId] = /^X-Request-Id: (.+)$/m.exec(answer.head) ?? [];
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'expectation_failed', instance: requestId });
  });
});
