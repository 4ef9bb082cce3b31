import { createManualClock, type ManualClock } from '@gatehouse/testing';
import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createServiceTokens, type ServiceTokens } from './service-tokens.ts';
import { generateSigningKey } from './signing-key.ts';
import { createTokenSigner } from './token-signer.ts';

const secret = 'a secret that is long enough for it';
const unauthenticated = expect.objectContaining({ code: 'unauthenticated', kind: 'unauthenticated' });

let clock: ManualClock;
let tokens: ServiceTokens;

beforeEach(() => {
  clock = createManualClock();
  tokens = createServiceTokens({ secret, clock });
});

describe('a service token', () => {
  it('says which service is calling', async () => {
    await expect(tokens.verify(await tokens.issue('posts'))).resolves.toEqual({
      kind: 'service',
      name: 'posts',
    });
  });

  it('is used again for half of its life', async () => {
    const token = await tokens.issue('posts');
    await clock.advance(29_999);
    expect(tokens.issue('posts')).toBe(token);
    await clock.advance(1);

    await expect(tokens.issue('posts')).resolves.not.toBe(token);
  });

  it.each([3_600_000, -3_600_000])('is another one when the clock was set by %d ms', async (ms) => {
    await tokens.issue('posts');
    clock.setWallClock(clock.now() + ms);

    await expect(tokens.verify(await tokens.issue('posts'))).resolves.toMatchObject({ name: 'posts' });
  });

  it('is not shared by services', async () => {
    await tokens.issue('posts');

    await expect(tokens.verify(await tokens.issue('orders'))).resolves.toMatchObject({ name: 'orders' });
  });

  it('ends after a minute, five seconds of skew aside', async () => {
    const token = await tokens.issue('posts');
    await clock.advance(64_000);
    await expect(tokens.verify(token)).resolves.toMatchObject({ name: 'posts' });
    await clock.advance(2000);

    await expect(tokens.verify(token)).rejects.toEqual(unauthenticated);
  });

  it('needs a secret of 32 bytes', () => {
    expect(() => createServiceTokens({ secret: 'short', clock })).toThrow('at least 32');
  });
});

const forge = (o: { claims?: object; header?: object; by?: string } = {}): Promise<string> => {
  const now = clock.now() / 1000;
  return new SignJWT({
    iss: 'gatehouse',
    aud: 'gatehouse-internal',
    sub: 'posts',
    iat: now,
    exp: now + 60,
    ...o.claims,
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'gatehouse-service+jwt', ...o.header })
    .sign(new TextEncoder().encode(o.by ?? secret));
};

describe('a forged service token is refused', () => {
  it('but what the forgeries are made of is not', async () => {
    await expect(tokens.verify(await forge())).resolves.toEqual({ kind: 'service', name: 'posts' });
  });

  it.each([
    ['another secret', { by: 'another secret that is long enough' }],
    ['another algorithm', { header: { alg: 'HS512' } }],
    ['another type', { header: { typ: 'JWT' } }],
    ['another issuer', { claims: { iss: 'evil' } }],
    ['the audience of user tokens', { claims: { aud: 'gatehouse' } }],
    ['no service', { claims: { sub: undefined } }],
    ['a service that is no name', { claims: { sub: '../posts' } }],
    ['no end', { claims: { exp: undefined } }],
    ['no time of issue', { claims: { iat: undefined } }],
    ['a long life', { claims: { iat: 1, exp: 99_999_999_999 } }],
  ])('%s', async (_, forgery) => {
    await expect(tokens.verify(await forge(forgery))).rejects.toEqual(unauthenticated);
  });

  it.each(['', 'a', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.', 'x'.repeat(100_000)])(
    'no token at all',
    async (text) => {
      await expect(tokens.verify(text)).rejects.toEqual(unauthenticated);
    },
  );

  it('a user token', async () => {
    const key = await generateSigningKey();
    const signer = createTokenSigner({
      issuer: 'gatehouse',
      audience: 'gatehouse',
      clock,
      currentKey: async () => key,
    });
    const token = await signer.sign({
      sub: 'ana',
      role: 'admin',
      scope: '*:*',
      email_verified: true,
      sid: 's1',
    });

    await expect(tokens.verify(token)).rejects.toEqual(unauthenticated);
  });
});
