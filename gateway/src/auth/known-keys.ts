import { createRecentlyUsed } from '@gatehouse/auth';
import type { Clock } from '@gatehouse/resilience';
import type { KeyCaller } from './api-keys.ts';

export type KnownKey = {
  readonly caller: KeyCaller;
  readonly endsAtMs: number;
  /** From then on requests wait for another token. */
  readonly endingFromMs: number;
  /** From then on another token is asked for beside. */
  dueFromMs: number;
};

/** What is known of API keys, by their digest, and until when. Bounded: keys that are no good never push out good ones. */
export type KnownKeys = Readonly<{
  find(digest: string): KnownKey | undefined;
  keep(digest: string, caller: KeyCaller): void;
  refuse(digest: string): void;
  isRefused(digest: string): boolean;
  /** Users could not be asked. */
  holdBack(digest: string): void;
  isHeldBack(digest: string): boolean;
  lives(known: KnownKey): boolean;
  isEnding(known: KnownKey): boolean;
  /** True once: then not again for a second, unless `keep` is faster. */
  isDue(known: KnownKey): boolean;
}>;

const dueShare = 2 / 3;
const longestEndingMs = 5000;
const refusedForMs = 10_000;
const heldBackForMs = 1000;

export const createKnownKeys = ({ clock, limit }: Readonly<{ clock: Clock; limit: number }>): KnownKeys => {
  const good = createRecentlyUsed<KnownKey>(limit);
  const refusedUntil = createRecentlyUsed<number>(limit);
  const heldBackUntil = createRecentlyUsed<number>(limit);

  return {
    find: (digest) => good.get(digest),
    keep: (digest, caller) => {
      const { issuedAt, expiresAt } = caller.principal;
      const endsAtMs = expiresAt * 1000;
      const lifeMs = (expiresAt - issuedAt) * 1000;
      heldBackUntil.delete(digest);
      good.set(digest, {
        caller,
        endsAtMs,
        endingFromMs: endsAtMs - Math.min(longestEndingMs, lifeMs / 4),
        dueFromMs: issuedAt * 1000 + lifeMs * dueShare,
      });
    },
    refuse: (digest) => {
      good.delete(digest);
      refusedUntil.set(digest, clock.monotonic() + refusedForMs);
    },
    isRefused: (digest) => isAhead(refusedUntil.get(digest), clock),
    holdBack: (digest) => heldBackUntil.set(digest, clock.monotonic() + heldBackForMs),
    isHeldBack: (digest) => isAhead(heldBackUntil.get(digest), clock),
    lives: ({ endsAtMs }) => clock.now() < endsAtMs,
    isEnding: ({ endingFromMs }) => clock.now() >= endingFromMs,
    isDue: (known) => {
      const now = clock.now();
      if (now < known.dueFromMs) return false;
      known.dueFromMs = now + heldBackForMs;
      return true;
    },
  };
};

const isAhead = (untilMs: number | undefined, clock: Clock): boolean =>
  untilMs !== undefined && clock.monotonic() < untilMs;
