import { createManualClock } from '@gatehouse/testing';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { generateSigningKey } from './signing-key.ts';
import { createTokenSigner } from './token-signer.ts';

const ana = { sub: 'ana', role: 'user', scope: 'posts:create', email_verified: true, sid: 's1' } as const;

describe('an access token', () => {
  it('has what RFC 9068 asks for', async () => {
    const clock = createManualClock(1_000_000_500);
    const key = await generateSigningKey();
    const signer = createTokenSigner({
      issuer: 'gatehouse',
      audience: 'gatehouse',
      clock,
      currentKey: async () => key,
      newTokenId: () => 't1',
    });
    const token = await signer.sign(ana);

    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: key.kid });
    expect(decodeJwt(token)).toEqual({
      ...ana,
      iss: 'gatehouse',
      aud: 'gatehouse',
      client_id: 'gatehouse',
      jti: 't1',
      iat: 1_000_000.5,
      exp: 1_000_900,
    });
    expect(decodeJwt(await signer.sign(ana, 60)).exp).toBe(1_000_060);
  });

  it('is signed with the key of the moment', async () => {
    const clock = createManualClock();
    const keys = [await generateSigningKey(), await generateSigningKey()] as const;
    let current = keys[0];
    const signer = createTokenSigner({ issuer: 'i', audience: 'a', clock, currentKey: async () => current });
    await signer.sign(ana);
    current = keys[1];

    expect(decodeProtectedHeader(await signer.sign(ana)).kid).toBe(keys[1].kid);
  });
});

describe('a signing key', () => {
  it('shows nothing secret in its public part, and is named after it', async () => {
    const { kid, publicJwk, privateJwk } = await generateSigningKey();

    expect(Object.keys(publicJwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    expect(publicJwk).toMatchObject({ kid, alg: 'EdDSA', crv: 'Ed25519', use: 'sig' });
    expect(privateJwk).toMatchObject({ kid, x: publicJwk.x, d: expect.any(String) });
  });
});
