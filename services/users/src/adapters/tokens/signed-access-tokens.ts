import { type AccessTokenClaims, permissionsOf, type TokenSigner } from '@gatehouse/auth';
import { type Clock, wait } from '@gatehouse/resilience';
import type { AccessToken, AccessTokens } from '../../application/ports.ts';
import type { User } from '../../domain/user.ts';

type Deps = Readonly<{ signer: TokenSigner; clock: Clock; lifetimeSeconds: number }>;

/**
 * Access tokens signed by the service's own keys. When the account's former tokens have just been put out, by a clock that is
 * ahead of this one, the new token waits for that moment to pass (at most a second): else it would be out as well.
 */
export const createSignedAccessTokens = ({ signer, clock, lifetimeSeconds }: Deps): AccessTokens => {
  const sign = async (
    { id, emailVerified, tokensNotBefore }: User,
    claims: Omit<AccessTokenClaims, 'sub' | 'email_verified'>,
    expiresIn: number,
  ): Promise<AccessToken> => {
    const waitMs = tokensNotBefore * 1000 - clock.now();
    if (waitMs > 0) await wait(clock, Math.min(waitMs, 1_000));
    const all = { ...claims, sub: id, email_verified: emailVerified };
    return { accessToken: await signer.sign(all, expiresIn), expiresIn };
  };

  return {
    issue: (user, sid) => {
      const { role } = user;
      return sign(user, { role, scope: [...permissionsOf(role)].join(' '), sid }, lifetimeSeconds);
    },
    // Its id stands for a session as well: so a revocation names both alike.
    issueForApiKey: (user, { id, role, scopes, ...key }) =>
      sign(user, { role, scope: scopes.join(' '), sid: id, api_key_id: id }, key.lifetimeSeconds),
  };
};
