import { type CryptoKey, importJWK, type JWK } from 'jose';
import { authError } from './auth-error.ts';
import { accessTokenAlgorithm, type JwkSet } from './signing-key.ts';

/** A set larger than this is none of ours. */
const maxKeys = 100;

/**
 * The keys of a set that we can check access tokens with, by kid; others are passed over, private parts are not taken in.
 * None at all is an error: an empty answer must not throw away the keys that are known.
 */
export const importPublicKeys = async (set: JwkSet): Promise<ReadonlyMap<string, CryptoKey>> => {
  const keys = new Map<string, CryptoKey>();
  const listed: readonly JWK[] = Array.isArray(set?.keys) ? set.keys.slice(0, maxKeys) : [];
  for (const { kty, crv, x, kid, use } of listed) {
    if (kty !== 'OKP' || crv !== 'Ed25519' || x === undefined || kid === undefined) continue;
    if (use !== undefined && use !== 'sig') continue;
    const key = await importJWK({ kty, crv, x }, accessTokenAlgorithm);
    if (!(key instanceof Uint8Array)) keys.set(kid, key);
  }
  if (keys.size === 0) throw authError('keys_unavailable', { message: 'The key set has no usable key.' });
  return keys;
};
