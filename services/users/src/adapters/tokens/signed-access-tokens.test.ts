import { createTokenSigner, generateSigningKey } from '@gatehouse/auth';
import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { changeRole, registerUser } from '../../domain/user.ts';
import { createSignedAccessTokens } from './signed-access-tokens.ts';

const seenAt = '2026-01-01T00:00:00.500Z';
const person = { id: 'u1', email: 'a@example.com', firstName: 'A', lastName: 'B', passwordHash: 'h' };
const { user } = registerUser({ ...person, at: seenAt });

const setUp = async () => {
  const key = await generateSigningKey();
  const clock = createManualClock(Date.parse(seenAt) + 200);
  const parties = { issuer: 'gatehouse', audience: 'gatehouse' };
  const signer = createTokenSigner({ ...parties, clock, currentKey: async () => key });
  return createSignedAccessTokens({ signer, lifetimeSeconds: 900 });
};
const claimsOf = ({ accessToken }: { accessToken: string }) =>
  JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());

describe('an access token', () => {
  it('is of the moment at which its account was looked at, so that a change just after puts it out', async () => {
    const tokens = await setUp();
    const claims = claimsOf(await tokens.issue(user, 's1', seenAt));
    const changed = changeRole(user, 'admin', { at: '2026-01-01T00:00:00.600Z' }).user;

    expect(claims.iat).toBe(Date.parse(seenAt) / 1000);
    expect(claims.iat).toBeLessThan(changed.tokensNotBefore);
  });

  it('is good though a clock ahead of this one has just put out the former ones', async () => {
    const tokens = await setUp();
    const ahead = { ...user, tokensNotBefore: Date.parse(seenAt) / 1000 + 1.5 };

    expect(claimsOf(await tokens.issue(ahead, 's1', seenAt)).iat).toBe(ahead.tokensNotBefore);
  });

  it('for an API key names it twice: as what is revoked, and as what it is', async () => {
    const tokens = await setUp();
    const key = {
      id: 'k1',
      role: 'user',
      scopes: ['posts:read', 'posts:create'],
      lifetimeSeconds: 60,
    } as const;

    expect(claimsOf(await tokens.issueForApiKey(user, key, seenAt))).toMatchObject({
      ...{ sub: 'u1', sid: 'k1', api_key_id: 'k1', scope: 'posts:read posts:create', role: 'user' },
      exp: Math.floor(Date.parse(seenAt) / 1000) + 60,
    });
  });
});
