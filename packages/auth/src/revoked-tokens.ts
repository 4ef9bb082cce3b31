import type { Clock } from '@gatehouse/resilience';
import type { Principal } from './principal.ts';

/**
 * Tokens that are out: those of a session (`sid`), or those of a person (`sub`) issued before `notBefore`, all of them
 * when it is not given. It counts until `until`, when the last such token has expired. Times are seconds since the epoch.
 */
export type Revocation = Readonly<{ sid?: string; sub?: string; notBefore?: number; until: number }>;

/** What of a token decides whether it is out. A principal has it all: asking for one makes no object. */
export type TokenFacts = Pick<Principal, 'sessionId' | 'id' | 'issuedAt'>;

export type RevokedTokens = Readonly<{
  add(revocation: Revocation): void;
  has(token: TokenFacts): boolean;
  forgetExpired(): void;
  size(): number;
}>;

type Entry = Readonly<{ notBefore: number; until: number }>;

/** Over the limit, this part of it goes at once, so that the next entry does not cost a sort again. */
const shareToDrop = 0.1;

/**
 * The revocations that count now, at most `limit`. Over it the ones that end first are dropped, and so that nothing
 * revoked comes back, every token issued until then is refused: everybody refreshes once, nobody gets in who may not.
 */
export const createRevokedTokens = ({ clock, limit }: { clock: Clock; limit: number }): RevokedTokens => {
  const sessions = new Map<string, Entry>();
  const subjects = new Map<string, Entry>();
  let issuedFloor = Number.NEGATIVE_INFINITY;

  const nowSeconds = (): number => clock.now() / 1000;
  const size = (): number => sessions.size + subjects.size;

  const put = (entries: Map<string, Entry>, key: string, { notBefore, until }: Entry): void => {
    const known = entries.get(key);
    entries.set(key, {
      notBefore: Math.max(notBefore, known?.notBefore ?? notBefore),
      until: Math.max(until, known?.until ?? until),
    });
  };

  const isOut = (entry: Entry | undefined, iat: number): boolean =>
    entry !== undefined && iat < entry.notBefore && nowSeconds() < entry.until;

  const forgetUntil = (end: number): void => {
    for (const entries of [sessions, subjects]) {
      for (const [key, { until }] of entries) if (until <= end) entries.delete(key);
    }
  };

  const makeRoom = (): void => {
    forgetUntil(nowSeconds());
    if (size() <= limit) return;
    const ends = [...sessions.values(), ...subjects.values()].map(({ until }) => until).sort((a, b) => a - b);
    issuedFloor = nowSeconds();
    forgetUntil(ends[Math.ceil(limit * shareToDrop)] ?? issuedFloor);
  };

  return {
    add: ({ sid, sub, notBefore, until }) => {
      if (until <= nowSeconds()) return;
      if (sid !== undefined) put(sessions, sid, { notBefore: Number.POSITIVE_INFINITY, until });
      else if (sub !== undefined)
        put(subjects, sub, { notBefore: notBefore ?? Number.POSITIVE_INFINITY, until });
      if (size() > limit) makeRoom();
    },
    has: ({ sessionId, id, issuedAt }) =>
      issuedAt < issuedFloor || isOut(sessions.get(sessionId), issuedAt) || isOut(subjects.get(id), issuedAt),
    forgetExpired: () => forgetUntil(nowSeconds()),
    size,
  };
};
