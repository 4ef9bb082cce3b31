import { type AccessTokenClaims, permissionsOf, type TokenSigner } from '@gatehouse/auth';
import type { AccessToken, AccessTokens } from '../../application/ports.ts';
import type { User } from '../../domain/user.ts';

type Deps = Readonly<{ signer: TokenSigner; lifetimeSeconds: number }>;

/**
 * Access tokens signed by the service's own keys. They are of the moment at which the account was looked at: what changes it
 * before they are signed puts them out as well. When its former tokens were put out by a clock that is ahead of this one, they
 * are of that moment, else they would be out from the beginning.
 */
export const createSignedAccessTokens = ({ signer, lifetimeSeconds }: Deps): AccessTokens => {
  const sign = async (
    { id, emailVerified, tokensNotBefore }: User,
    claims: Omit<AccessTokenClaims, 'sub' | 'email_verified'>,
    times: Readonly<{ seenAt: string; expiresIn: number }>,
  ): Promise<AccessToken> => {
    const { seenAt, expiresIn } = times;
    const issuedAt = Math.max(Date.parse(seenAt) / 1000, tokensNotBefore);
    const all = { ...claims, sub: id, email_verified: emailVerified };
    return { accessToken: await signer.sign(all, expiresIn, issuedAt), expiresIn };
  };

  return {
    issue: (user, sid, seenAt) => {
      const { role } = user;
      const scope = [...permissionsOf(role)].join(' ');
      return sign(user, { role, scope, sid }, { seenAt, expiresIn: lifetimeSeconds });
    },
    // Its id stands for a session as well: so a revocation names both alike.
    issueForApiKey: (user, { id, role, scopes, lifetimeSeconds: expiresIn }, seenAt) =>
      sign(user, { role, scope: scopes.join(' '), sid: id, api_key_id: id }, { seenAt, expiresIn }),
  };
};
