import { randomIds } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNotes } from './testing/start-notes.ts';

let notes: Awaited<ReturnType<typeof startNotes>>;
let token: string;

beforeAll(async () => {
  notes = await startNotes();
  token = await notes.signIn(randomIds.next());
});

afterAll(() => notes.end());

const post = (body: unknown, headers: Record<string, string> = {}) =>
  notes.call('POST', '/api/notes', { body, token, headers });

describe('a problem', () => {
  it('is RFC 9457, with the request id', async () => {
    const { status, headers, json } = await notes.call('GET', '/nowhere', {
      headers: { 'X-Request-Id': 'r1' },
    });

    expect(status).toBe(404);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(json).toEqual({
      type: 'urn:gatehouse:problem:not_found',
      title: 'Not Found',
      status: 404,
      detail: 'There is nothing here.',
      instance: 'r1',
      code: 'not_found',
    });
  });

  it.each(['/api/crash', '/api/internal-error'])(
    'of our own says nothing of how it came: %s',
    async (path) => {
      const { status, text, json } = await notes.call('GET', path);

      expect([status, json.code, json.detail]).toEqual([
        500,
        'internal_error',
        'Something went wrong on our side.',
      ]);
      expect(text).not.toMatch(/select|passwd|secret|internal:|\.ts|at \w+ \(/);
      expect(notes.logger.lines).toContainEqual(
        expect.objectContaining({ msg: 'request failed', requestId: json.instance }),
      );
    },
  );

  it('of too many requests says when to come back', async () => {
    const { status, headers } = await notes.call('GET', '/api/busy');

    expect([status, headers.get('retry-after')]).toEqual([429, '3']);
  });
});

describe('a path', () => {
  it.each([
    ['GET', '/API/notes', 404],
    ['GET', '/api/notes/', 404],
    ['GET', '/api//notes', 404],
    ['GET', '/api/notes/not-a-uuid', 404],
    ['GET', '/api/named/%2e%2e%2fetc', 404],
    ['GET', '/api/named/a%5cb', 404],
    ['GET', '/api/named/a%00b', 404],
    ['GET', '/api/named/%zz', 400],
    ['GET', '/%c3', 400],
    ['GET', '/api/named/fine', 200],
  ])('%s %s is %d', async (method, path, status) => {
    expect((await notes.call(method, path)).status).toBe(status);
  });

  it('that is literal wins over a parameter', async () => {
    expect((await notes.call('GET', '/api/notes/mine', { token })).json.data).toHaveProperty('of');
  });

  it('known for other methods is 405, with those', async () => {
    const { status, headers, json } = await notes.call('PUT', `/api/notes/${randomIds.next()}`);

    expect([status, json.code, headers.get('allow')]).toEqual([
      405,
      'method_not_allowed',
      'GET, HEAD, PATCH, DELETE, OPTIONS',
    ]);
  });

  it('tells its methods', async () => {
    const { status, headers } = await notes.call('OPTIONS', '/api/notes');

    expect([status, headers.get('allow')]).toEqual([204, 'POST, GET, HEAD, OPTIONS']);
  });
});

describe('an answer that the client does not take', () => {
  it.each([
    ['text/html', 406],
    ['application/json;q=0', 406],
    ['*/*, application/json;q=0', 406],
    ['text/html, application/*;q=0.1', 200],
    ['application/json', 200],
  ])('%s is %d', async (accept, status) => {
    expect((await notes.call('GET', '/api/notes', { headers: { Accept: accept } })).status).toBe(status);
  });
});

describe('a body', () => {
  it.each([
    ['that is no JSON', '{"text":', {}, 400, 'malformed_request'],
    ['of another type', 'text=hello', { 'Content-Type': 'text/plain' }, 415, 'unsupported_media_type'],
    [
      'of a form',
      'text=hello',
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported_media_type',
    ],
    [
      'in another charset',
      '{"text":"hello"}',
      { 'Content-Type': 'application/json; charset=latin1' },
      415,
      'unsupported_media_type',
    ],
    ['that is encoded', '{"text":"hello"}', { 'Content-Encoding': 'gzip' }, 415, 'unsupported_media_type'],
    ['that is too large', JSON.stringify({ text: 'x'.repeat(3000) }), {}, 413, 'payload_too_large'],
    ['nested too deeply', `${'['.repeat(100)}${']'.repeat(100)}`, {}, 400, 'malformed_request'],
  ])('%s is refused', async (_, body, headers, status, code) => {
    expect(await post(body, headers as Record<string, string>)).toMatchObject({ status, json: { code } });
  });

  it('that is not UTF-8 is refused', async () => {
    const response = await fetch(`${notes.origin}/api/notes`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    });

    expect(response.status).toBe(400);
  });

  it('in UTF-8 is taken', async () => {
    expect(
      (await post('{"text":"hello"}', { 'Content-Type': 'application/json; charset=UTF-8' })).status,
    ).toBe(201);
  });

  it('that streams over the limit is refused too, and the connection goes on', async () => {
    const response = await fetch(`${notes.origin}/api/notes`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: new Blob(['"', 'x'.repeat(100_000), '"']).stream(),
      duplex: 'half',
    } as RequestInit);

    expect(response.status).toBe(413);
    expect((await notes.call('GET', '/api/notes')).status).toBe(200);
  });

  it('that does not fit names every field by its pointer, in body and query', async () => {
    const { status, json } = await notes.call('POST', '/api/notes?debug=1', {
      token,
      body: { text: 7, tags: [{ name: '' }, { name: 'ok', 'a/b': 1 }], role: 'admin' },
    });

    expect([status, json.code]).toEqual([422, 'validation_failed']);
    expect(json.errors.map(({ path }: { path: string }) => path).toSorted()).toEqual([
      '/debug',
      '/role',
      '/tags/0/name',
      '/tags/1/a~1b',
      '/text',
    ]);
  });

  it.each(['__proto__', 'constructor', 'prototype'])(
    'with %s is refused, wherever that stands',
    async (key) => {
      const { status, json } = await post(`{"text":"hello","tags":[{"name":"a","${key}":{"admin":true}}]}`);

      expect([status, json.errors]).toEqual([
        422,
        [{ path: `/tags/0/${key}`, message: 'This field is never allowed.' }],
      ]);
      expect(({} as { admin?: boolean }).admin).toBeUndefined();
    },
  );

  it('that is missing does not fit', async () => {
    expect(await notes.call('POST', '/api/notes', { token })).toMatchObject({
      status: 422,
      json: { errors: [{ path: '' }] },
    });
  });

  it('is not asked for where a route takes none', async () => {
    expect((await notes.call('POST', '/api/plain')).json.data).toEqual({ body: true });
    expect((await notes.call('POST', '/api/plain', { body: {} })).json.data).toEqual({ body: true });
    expect(await notes.call('POST', '/api/plain', { body: { role: 'admin' } })).toMatchObject({
      status: 422,
      json: { errors: [{ path: '/role', message: 'This field is not known.' }] },
    });
  });
});

describe('a query', () => {
  it.each([
    ['unknown=1', '/unknown'],
    ['page=0', '/page'],
    ['limit=101', '/limit'],
    ['page=one', '/page'],
    ['limit=1&limit=2', '/limit'],
    ['page=101&limit=100', '/page'],
    ['__proto__=1', '/__proto__'],
  ])('?%s is refused at %s', async (query, path) => {
    expect(await notes.call('GET', `/api/notes?${query}`)).toMatchObject({
      status: 422,
      json: { errors: [expect.objectContaining({ path })] },
    });
  });

  it('may go deeper with a cursor', async () => {
    expect((await notes.call('GET', '/api/notes?page=101&limit=100&cursor=abc')).status).toBe(200);
  });
});
