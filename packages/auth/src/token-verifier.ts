import { isAppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { authError } from './auth-error.ts';
import type { KeySource } from './key-source.ts';
import type { Principal } from './principal.ts';
import { createRecentlyUsed } from './recently-used.ts';
import type { RevocationList } from './revocation-list.ts';
import { accessTokenAlgorithm } from './signing-key.ts';
import { toPrincipal } from './token-claims.ts';
import { accessTokenType } from './token-signer.ts';

/**
 * Tells who holds an access token. At once (no promise) for a token seen before, which costs about a microsecond; so it
 * may throw as well as reject. Refusals: AppError `unauthenticated`; no key to check with: `keys_unavailable` (unavailable).
 */
export type TokenVerifier = Readonly<{ verify(token: string): Principal | Promise<Principal> }>;

export type TokenVerifierOptions = Readonly<{
  keys: KeySource;
  revocations: Pick<RevocationList, 'isRevoked'>;
  issuer: string;
  audience: string;
  clock: Clock;
  /** How many verified tokens are remembered at most. */
  cacheSize?: number;
}>;

/** Ours have about 1100 characters; longer ones are refused before anything is parsed. */
const maxTokenLength = 4096;
const maxKidLength = 128;
/** How far the issuer's clock may be ahead of ours. */
const clockLeewaySeconds = 60;
const compactForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const knownHeaders: ReadonlySet<string> = new Set(['alg', 'typ', 'kid']);

/**
 * Checks access tokens as RFC 8725 and RFC 9068 §4 ask: one algorithm, `typ`, issuer, audience, times, no header that we
 * do not set ourselves (so no `crit`, `jwk`, `jku`, `x5u`). A verified token is remembered until it expires; whether it is
 * revoked is asked every time. Refused ones are not remembered.
 */
export const createTokenVerifier = ({
  keys,
  revocations,
  issuer,
  audience,
  clock,
  cacheSize = 10_000,
}: TokenVerifierOptions): TokenVerifier => {
  const verified = createRecentlyUsed<Principal>(cacheSize);
  /** Checks under way, so that a burst with one new token costs one signature. Bounded by the requests in flight. */
  const pending = new Map<string, Promise<Principal>>();

  const check = async (token: string): Promise<Principal> => {
    const kid = kidOf(token);
    const key = await keys.find(kid);
    if (key === undefined) throw refused('unknown kid');
    const now = clock.now();
    const { payload } = await jwtVerify(token, key, {
      algorithms: [accessTokenAlgorithm],
      typ: accessTokenType,
      issuer,
      audience,
      requiredClaims: ['sub', 'exp', 'iat'],
      currentDate: new Date(now),
    });
    const principal = toPrincipal(payload);
    if (principal.issuedAt > now / 1000 + clockLeewaySeconds) throw refused('issued in the future');
    return principal;
  };

  const checkAndKeep = async (token: string): Promise<Principal> => {
    try {
      const principal = await check(token);
      verified.set(token, principal);
      return stillGood(token, principal);
    } catch (error) {
      throw isAppError(error) ? error : refused('not a valid token', error);
    } finally {
      pending.delete(token);
    }
  };

  const stillGood = (token: string, principal: Principal): Principal => {
    if (principal.expiresAt <= clock.now() / 1000) {
      verified.delete(token);
      throw refused('expired');
    }
    const { sessionId: sid, id: sub, issuedAt: iat } = principal;
    if (revocations.isRevoked({ sid, sub, iat })) throw refused('revoked');
    return principal;
  };

  return {
    verify: (token) => {
      const known = verified.get(token);
      if (known !== undefined) return stillGood(token, known);
      const underway = pending.get(token);
      if (underway !== undefined) return underway;
      if (token.length > maxTokenLength || !compactForm.test(token)) throw refused('not a compact token');
      const checking = checkAndKeep(token);
      pending.set(token, checking);
      return checking;
    },
  };
};

const kidOf = (token: string): string => {
  const header = decodeProtectedHeader(token);
  for (const name of Object.keys(header)) {
    if (!knownHeaders.has(name)) throw refused(`header ${name.slice(0, 32)}`);
  }
  if (header.alg !== accessTokenAlgorithm) throw refused('algorithm');
  if (typeof header.kid !== 'string' || header.kid === '' || header.kid.length > maxKidLength) {
    throw refused('no kid');
  }
  return header.kid;
};

const refused = (reason: string, cause?: unknown) =>
  authError('unauthenticated', { details: { reason }, ...(cause === undefined ? {} : { cause }) });
