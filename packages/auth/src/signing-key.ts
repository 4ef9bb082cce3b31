import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

/** The one signature of access tokens: Ed25519. Fixed here, never taken from a token (RFC 8725 §3.1). */
export const accessTokenAlgorithm = 'EdDSA';

/** A set of public keys as `/.well-known/jwks.json` shows it (RFC 7517). */
export type JwkSet = Readonly<{ keys: readonly JWK[] }>;

/** A key pair in the form it is stored in. `privateJwk` is a secret; `publicJwk` is what goes into the key set. */
export type SigningKey = Readonly<{ kid: string; privateJwk: JWK; publicJwk: JWK }>;

/** A new Ed25519 key; its `kid` is the RFC 7638 thumbprint, so the same key always has the same name. */
export const generateSigningKey = async (): Promise<SigningKey> => {
  const pair = await generateKeyPair(accessTokenAlgorithm, { crv: 'Ed25519', extractable: true });
  const publicPart = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicPart);
  const about = { kid, alg: accessTokenAlgorithm, use: 'sig' };
  return {
    kid,
    privateJwk: { ...(await exportJWK(pair.privateKey)), ...about },
    publicJwk: { ...publicPart, ...about },
  };
};
