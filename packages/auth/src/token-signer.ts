import { randomUUID } from 'node:crypto';
import type { Clock } from '@gatehouse/resilience';
import { type CryptoKey, importJWK, SignJWT } from 'jose';
import type { Role } from './principal.ts';
import { accessTokenAlgorithm, type SigningKey } from './signing-key.ts';

/** What a token says about its holder. `scope` is permissions, one space between them (RFC 6749 §3.3). */
export type AccessTokenClaims = Readonly<{
  sub: string;
  role: Role;
  scope: string;
  email_verified: boolean;
  /** The session, or the API key: what a revocation names. */
  sid: string;
  /** The API key that it was made for, if any. */
  api_key_id?: string;
}>;

export type TokenSigner = Readonly<{
  /** `issuedAt` in seconds since the epoch; now unless given. */
  sign(claims: AccessTokenClaims, lifetimeSeconds?: number, issuedAt?: number): Promise<string>;
}>;

export type TokenSignerOptions = Readonly<{
  issuer: string;
  audience: string;
  clock: Clock;
  /** The key to sign with now; asked for each token, so that a rotation takes effect at once. */
  currentKey: () => Promise<SigningKey>;
  newTokenId?: () => string;
}>;

const defaultLifetimeSeconds = 900;

/** The media type of an access token (RFC 9068 §2.1): it keeps tokens of other kinds apart. */
export const accessTokenType = 'at+jwt';

/**
 * Makes access tokens (RFC 9068), 15 minutes unless said otherwise. `iat` has milliseconds as a fraction (RFC 7519 allows
 * it), so that a revocation within the second of a token's issue still tells before from after.
 */
export const createTokenSigner = ({
  issuer,
  audience,
  clock,
  currentKey,
  newTokenId = randomUUID,
}: TokenSignerOptions): TokenSigner => {
  let imported: Readonly<{ kid: string; key: CryptoKey | Uint8Array }> | undefined;

  const keyFor = async ({ kid, privateJwk }: SigningKey): Promise<CryptoKey | Uint8Array> => {
    if (imported?.kid !== kid) imported = { kid, key: await importJWK(privateJwk, accessTokenAlgorithm) };
    return imported.key;
  };

  return {
    sign: async (claims, lifetimeSeconds = defaultLifetimeSeconds, issuedAt = clock.now() / 1000) => {
      const signingKey = await currentKey();
      return new SignJWT({
        ...claims,
        iss: issuer,
        aud: audience,
        client_id: audience,
        jti: newTokenId(),
        iat: issuedAt,
        exp: Math.floor(issuedAt) + lifetimeSeconds,
      })
        .setProtectedHeader({ alg: accessTokenAlgorithm, typ: accessTokenType, kid: signingKey.kid })
        .sign(await keyFor(signingKey));
    },
  };
};
