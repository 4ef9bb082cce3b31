/** Somebody signed in somewhere. Times are ISO 8601 UTC. */
export type Session = Readonly<{
  id: string;
  userId: string;
  createdAt: string;
  lastUsedAt: string;
  /** Every refresh moves it. */
  expiresAt: string;
  endedAt?: string;
  address?: string;
  userAgent?: string;
}>;

/** A refresh token as it is kept: never itself. Used once, it has a successor, sealed so that only its holder can read it. */
export type RefreshToken = Readonly<{
  hash: string;
  sessionId: string;
  usedAt?: string;
  sealedSuccessor?: string;
}>;

/** How long a used token still gives its successor: the answer may have been lost on its way. */
export const graceMs = 10_000;

/** Sessions of one account at a time; the one longest unused ends for a new one. */
export const sessionLimit = 50;

/**
 * What a presented refresh token means:
 * - `rotate`: it is the current one
 * - `repeat`: it was used within the grace; the same successor again
 * - `theft`: it was used before that, so two hold it, and one of them is not the owner: the session ends
 * - `refuse`: the session is over
 */
export type RefreshDecision = 'rotate' | 'repeat' | 'theft' | 'refuse';

export const decideRefresh = (session: Session, token: RefreshToken, nowMs: number): RefreshDecision => {
  if (session.endedAt !== undefined || Date.parse(session.expiresAt) <= nowMs) return 'refuse';
  if (token.usedAt === undefined) return 'rotate';
  const inGrace = nowMs - Date.parse(token.usedAt) <= graceMs;
  return inGrace && token.sealedSuccessor !== undefined ? 'repeat' : 'theft';
};
