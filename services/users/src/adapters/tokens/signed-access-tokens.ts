import { permissionsOf, type TokenSigner } from '@gatehouse/auth';
import { type Clock, wait } from '@gatehouse/resilience';
import type { AccessTokens } from '../../application/ports.ts';

type Deps = Readonly<{ signer: TokenSigner; clock: Clock; lifetimeSeconds: number }>;

/**
 * Access tokens signed by the service's own keys. When the account's former tokens have just been put out, by a clock that is
 * ahead of this one, the new token waits for that moment to pass (at most a second): else it would be out as well.
 */
export const createSignedAccessTokens = ({ signer, clock, lifetimeSeconds }: Deps): AccessTokens => ({
  async issue(user, sessionId) {
    const waitMs = user.tokensNotBefore * 1000 - clock.now();
    if (waitMs > 0) await wait(clock, Math.min(waitMs, 1_000));
    const claims = {
      sub: user.id,
      role: user.role,
      scope: [...permissionsOf(user.role)].join(' '),
      email_verified: user.emailVerified,
      sid: sessionId,
    };
    return { accessToken: await signer.sign(claims, lifetimeSeconds), expiresIn: lifetimeSeconds };
  },
});
