import { isAppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';
import { jwtVerify } from 'jose';
import { authError } from './auth-error.ts';
import { readTokenHeader } from './compact-token.ts';
import type { KeySource } from './key-source.ts';
import { parseBearer } from './parse-bearer.ts';
import type { Principal } from './principal.ts';
import { createRecentlyUsed, type RecentlyUsed } from './recently-used.ts';
import type { RevocationList } from './revocation-list.ts';
import { accessTokenAlgorithm } from './signing-key.ts';
import { createPermissionSets, toPrincipal } from './token-claims.ts';
import { accessTokenType } from './token-signer.ts';

/**
 * Tells who holds an access token. At once (no promise, no new object) for one seen before, which costs about a
 * microsecond; so it may throw as well as reject. Refusals: AppError `unauthenticated`; no key to check with:
 * `keys_unavailable` (unavailable).
 */
export type TokenVerifier = Readonly<{
  verify(token: string): Principal | Promise<Principal>;
  /** The same for a whole `Authorization` header; a known one is not even taken apart. Anything but `Bearer` is refused. */
  verifyHeader(authorization: string): Principal | Promise<Principal>;
}>;

export type TokenVerifierOptions = Readonly<{
  keys: KeySource;
  revocations: Pick<RevocationList, 'isRevoked'>;
  issuer: string;
  audience: string;
  clock: Clock;
  /** How many verified tokens are remembered at most, and how many headers. */
  cacheSize?: number;
}>;

/** Ours have about 1100 characters; longer ones are refused before anything is parsed. */
const maxTokenLength = 4096;
/** How far the issuer's clock may be ahead of ours. */
const clockLeewaySeconds = 60;

/**
 * Checks access tokens as RFC 8725 and RFC 9068 §4 ask: one algorithm, `typ`, issuer, audience, times, no header that we
 * do not set ourselves (so no `crit`, `jwk`, `jku`, `x5u`), one spelling. A verified token is remembered until it expires;
 * whether it is revoked is asked every time. Refused ones are not remembered.
 */
export const createTokenVerifier = ({
  keys,
  revocations,
  issuer,
  audience,
  clock,
  cacheSize = 10_000,
}: TokenVerifierOptions): TokenVerifier => {
  /** Apart: a header that is a bare token must not be taken for one that says `Bearer`. */
  const tokens = createMemory(cacheSize);
  const headers = createMemory(cacheSize);
  const permissionsOf = createPermissionSets();

  const check = async (token: string): Promise<Principal> => {
    const key = await keys.find(readTokenHeader(token, accessTokenAlgorithm).kid);
    if (key === undefined) throw refused('unknown kid');
    const { payload } = await jwtVerify(token, key, {
      algorithms: [accessTokenAlgorithm],
      typ: accessTokenType,
      issuer,
      audience,
      requiredClaims: ['sub', 'exp', 'iat'],
      currentDate: new Date(clock.now()),
    });
    if (payload.aud !== audience) throw refused('made for others as well');
    return toPrincipal(payload, permissionsOf);
  };

  const checkAndKeep = async (memory: Memory, seen: string, token: string): Promise<Principal> => {
    try {
      const principal = await check(token);
      memory.verified.set(seen, principal);
      return stillGood(memory, seen, principal);
    } catch (error) {
      throw isAppError(error) ? error : refused('not a valid token', error);
    } finally {
      memory.pending.delete(seen);
    }
  };

  const stillGood = (memory: Memory, seen: string, principal: Principal): Principal => {
    const nowSeconds = clock.now() / 1000;
    if (principal.expiresAt <= nowSeconds) {
      memory.verified.delete(seen);
      throw refused('expired');
    }
    // Asked each time: a clock may be set back, and then others would refuse what one remembers.
    if (principal.issuedAt > nowSeconds + clockLeewaySeconds) throw refused('issued in the future');
    if (revocations.isRevoked(principal)) throw refused('revoked');
    return principal;
  };

  const checkOnce = (memory: Memory, seen: string, token: string): Promise<Principal> => {
    const underway = memory.pending.get(seen);
    if (underway !== undefined) return underway;
    if (token.length > maxTokenLength) throw refused('too long');
    const checking = checkAndKeep(memory, seen, token);
    memory.pending.set(seen, checking);
    return checking;
  };

  return {
    verify: (token) => {
      const known = tokens.verified.get(token);
      return known === undefined ? checkOnce(tokens, token, token) : stillGood(tokens, token, known);
    },
    verifyHeader: (authorization) => {
      const known = headers.verified.get(authorization);
      if (known !== undefined) return stillGood(headers, authorization, known);
      const token = parseBearer(authorization);
      if (token === undefined) throw refused('not a bearer token');
      return checkOnce(headers, authorization, token);
    },
  };
};

type Memory = Readonly<{
  verified: RecentlyUsed<Principal>;
  /** Checks under way, so that a burst with one new token costs one signature. Bounded by the requests in flight. */
  pending: Map<string, Promise<Principal>>;
}>;

const createMemory = (size: number): Memory => ({
  verified: createRecentlyUsed<Principal>(size),
  pending: new Map(),
});

const refused = (reason: string, cause?: unknown) =>
  authError('unauthenticated', { details: { reason }, ...(cause === undefined ? {} : { cause }) });
