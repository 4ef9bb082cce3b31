import { createTokenSigner, generateSigningKey, permissionsOf, type Role } from '@gatehouse/auth';
import { randomIds } from '@gatehouse/contracts';
import type { Clock } from '@gatehouse/resilience';

/** Somebody who signed in. */
export type TestUser = Readonly<{ id: string; token: string }>;

/** Makes the tokens that users would make, with a key of its own. */
export const createTestUsers = async ({ clock }: Readonly<{ clock: Clock }>) => {
  const key = await generateSigningKey();
  const signer = createTokenSigner({
    issuer: 'gatehouse',
    audience: 'gatehouse',
    clock,
    currentKey: async () => key,
  });
  return {
    publicJwk: key.publicJwk,
    signingKey: key,

    /** Somebody new, with a verified address unless told otherwise. */
    async signIn(
      role: Role = 'user',
      emailVerified = true,
      id: string = randomIds.next(),
    ): Promise<TestUser> {
      const scope = [...permissionsOf(role)].join(' ');
      const claims = { sub: id, role, scope, email_verified: emailVerified, sid: randomIds.next() };
      return { id, token: await signer.sign(claims) };
    },
  };
};
