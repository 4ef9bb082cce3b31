import { createServiceTokens, generateSigningKey } from '@gatehouse/auth';
import { createTokenForgeries } from '@gatehouse/auth/testing';
import { systemClock as clock } from '@gatehouse/resilience';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RawAnswer, sendRaw } from '../fixture/raw-request.ts';
import { openWithUsers, serviceSecret } from '../fixture/start-with-users.ts';

const stranger = await generateSigningKey();

const startAll = async () => {
  const all = await openWithUsers();
  const made = createTokenForgeries({ key: all.signingKey, stranger, clock });
  const send = (lines: readonly string[], path = '/api/orders'): Promise<RawAnswer> =>
    sendRaw(
      all.port,
      `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`,
    );
  return { ...all, ...made, send };
};

let started: Awaited<ReturnType<typeof startAll>>;
beforeAll(async () => {
  started = await startAll();
});
beforeEach(() => {
  started.posts.received.length = 0;
});
afterAll(() => started?.stop());

const codeOf = ({ body }: RawAnswer): unknown => JSON.parse(body).code;

describe('authentication: a matrix of forged tokens through a real request', () => {
  it('is made of tokens that are good when nothing of them is forged', async () => {
    const { good, send } = started;

    expect((await send([`Authorization: Bearer ${good()}`])).status).toBe(200);
  });

  it('is 401 for each of more than a hundred, optional or not, and none reaches a service or costs users a question', async () => {
    const { forgeries, send, posts, asked } = started;
    const cases = Object.entries(forgeries);
    const wrong: string[] = [];

    expect(cases.length).toBeGreaterThan(100);
    for (const [name, forge] of cases) {
      for (const path of ['/api/orders', '/api/posts/1', '/api/scoped']) {
        const answer = await send([`Authorization: Bearer ${await forge()}`], path);
        const isRefused =
          answer.status === 401 &&
          codeOf(answer) === 'unauthenticated' &&
          answer.head.includes('WWW-Authenticate: Bearer error="invalid_token"');
        if (!isRefused) wrong.push(`${name} at ${path}: ${answer.status}`);
      }
    }

    expect(wrong).toEqual([]);
    expect(posts.received).toEqual([]);
    // At the start, and once for all the kids that nobody has heard of.
    expect(asked('/.well-known/jwks.json')).toBe(2);
    expect(asked('/internal/api-keys/exchange')).toBe(0);
  }, 60_000);
});

type Lines = (good: string) => readonly string[];

const unauthenticated: Readonly<Record<string, Lines>> = {
  'no credentials': () => [],
  'an empty header': () => ['Authorization:'],
  'the scheme alone': () => ['Authorization: Bearer'],
  'the token alone': (good) => [`Authorization: ${good}`],
  'the scheme twice': (good) => [`Authorization: Bearer Bearer ${good}`],
  'two tokens in one header': (good) => [`Authorization: Bearer ${good} ${good}`],
  'two tokens in a list': (good) => [`Authorization: Bearer ${good}, Bearer ${good}`],
  'a tab after the scheme': (good) => [`Authorization: Bearer\t${good}`],
  'no blank after the scheme': (good) => [`Authorization: Bearer${good}`],
  'quotes around it': (good) => [`Authorization: Bearer "${good}"`],
  'a parameter after it': (good) => [`Authorization: Bearer ${good};role=admin`],
  'letters beyond ASCII': (good) => [`Authorization: Bearer ${good}é`],
  'percent-encoded dots': (good) => [`Authorization: Bearer ${good.replaceAll('.', '%2e')}`],
  'another scheme': (good) => [`Authorization: Token ${good}`],
  'a scheme that begins like it': (good) => [`Authorization: BearerX ${good}`],
  'Basic with the token in it': (good) => [
    `Authorization: Basic ${Buffer.from(`u:${good}`).toString('base64')}`,
  ],
  'the token in a cookie': (good) => [`Cookie: access_token=${good}; Authorization=Bearer ${good}`],
  'the token in another header': (good) => [
    `X-Authorization: Bearer ${good}`,
    `X-Access-Token: ${good}`,
    `Proxy-Authorization: Bearer ${good}`,
    `Authorization_: Bearer ${good}`,
  ],
  'a header that Connection takes out': (good) => [
    'Connection: close, authorization',
    `Authorization: Bearer ${good}`,
  ],
  'what the gateway says to services': () => [
    'X-Gatehouse-Principal: 01900000-0000-7000-8000-000000000001',
    'X-Gatehouse-Role: admin',
    'X-User-Id: 1',
  ],
  'the token as an API key': (good) => [`X-Api-Key: ${good}`],
  'an API key as a token': () => [`Authorization: Bearer ghk_${'A'.repeat(43)}`],
  'an API key that nobody made': () => [`X-Api-Key: ghk_${'A'.repeat(43)}`],
  'an API key that is SQL': () => ["X-Api-Key: ' or '1'='1"],
  'an empty API key': () => ['X-Api-Key:'],
};

const malformed: Readonly<Record<string, Lines>> = {
  'two Authorization headers': (good) => [`Authorization: Bearer ${good}`, 'Authorization: Bearer x'],
  'the same Authorization twice': (good) => [
    `Authorization: Bearer ${good}`,
    `authorization: Bearer ${good}`,
  ],
  'two API keys': () => ['X-Api-Key: a', 'X-Api-Key: b'],
  'a token and an API key': (good) => [`Authorization: Bearer ${good}`, `X-Api-Key: ghk_${'A'.repeat(43)}`],
  'a token over two lines': (good) => ['Authorization: Bearer', ` ${good}`],
  'a zero byte': (good) => [`Authorization: Bearer ${good}\0`],
};

describe('authentication: credentials in a form that is none', () => {
  it.each(Object.entries(unauthenticated))('%s is 401', async (_, lines) => {
    const { good, send, posts } = started;
    const answer = await send(lines(good()));

    expect([answer.status, codeOf(answer)]).toEqual([401, 'unauthenticated']);
    expect(answer.head).toContain('WWW-Authenticate: Bearer');
    expect(posts.received).toEqual([]);
  });

  it.each(Object.entries(malformed))('%s is 400', async (_, lines) => {
    const { good, send, posts } = started;
    const answer = await send(lines(good()));

    expect([answer.status, codeOf(answer)]).toEqual([400, 'malformed_request']);
    expect(posts.received).toEqual([]);
  });

  it.each(['access_token', 'token', 'jwt', 'api_key', 'authorization'])(
    'a token in the query (%s) is 401',
    async (name) => {
      const { good, send } = started;

      expect((await send([], `/api/orders?${name}=${good()}`)).status).toBe(401);
    },
  );

  it('a token in a form is 401', async () => {
    const { good, port } = started;
    const body = new URLSearchParams({ access_token: good() });

    expect((await fetch(`http://127.0.0.1:${port}/api/orders`, { method: 'POST', body })).status).toBe(401);
  });

  it('a head that is too large is 431', async () => {
    const { send } = started;

    expect((await send([`Authorization: Bearer ${'a'.repeat(17_000)}`])).status).toBe(431);
  });

  it('the service token that the gateway itself shows is 401, as is a user token on /internal', async () => {
    const { good, send } = started;
    const token = await createServiceTokens({ secret: serviceSecret, clock }).issue('gateway');

    expect((await send([`Authorization: Bearer ${token}`])).status).toBe(401);
    expect((await send([`Authorization: Bearer ${good()}`], '/internal/revocations')).status).toBe(404);
  });

  it.each(['bearer', 'BEARER', 'Bearer  ', ' Bearer'])('%j is Bearer (RFC 9110 §11.1)', async (scheme) => {
    const { good, send } = started;

    expect((await send([`Authorization: ${scheme} ${good()}  `])).status).toBe(200);
  });
});
