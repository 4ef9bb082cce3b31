import { type Clock, type Repeating, repeat } from '@gatehouse/resilience';
import { authError } from './auth-error.ts';
import { readAtStart } from './read-at-start.ts';
import { createRevokedTokens, type Revocation, type TokenFacts } from './revoked-tokens.ts';

export type RevocationPage = Readonly<{ revocations: readonly Revocation[]; cursor: string }>;

export type RevocationStatus = Readonly<{
  size: number;
  /** When the list was last read (ISO 8601); unset before the first time. */
  readAt?: string;
  /** The last read failed: the list is the last known one. */
  failing: boolean;
}>;

/** Which tokens are out before their time. Each process has its own copy, read from the users service. */
export type RevocationList = Readonly<{
  /** Resolves when the list was read for the first time; goes on reading until `stop`. Rejects after about a minute in vain. */
  start(): Promise<void>;
  stop(): Promise<void>;
  isRevoked(token: TokenFacts): boolean;
  /** Something was revoked (an event said so): reads soon. */
  hint(): void;
  status(): RevocationStatus;
}>;

export type RevocationListOptions = Readonly<{
  /** What was revoked since `cursor`; all that still counts when there is none. Bounds its own time. */
  fetchSince: (cursor: string | undefined) => Promise<RevocationPage>;
  clock: Clock;
  everyMs?: number;
  /** How many revocations are kept at most; over it see `createRevokedTokens`. */
  limit?: number;
  onError?: (error: unknown) => void;
}>;

/** Reads every 2 s and on hints. When the users service is down, the last list goes on (its entries end by themselves). */
export const createRevocationList = ({
  fetchSince,
  clock,
  everyMs = 2000,
  limit = 100_000,
  onError = () => {},
}: RevocationListOptions): RevocationList => {
  const revoked = createRevokedTokens({ clock, limit });
  let cursor: string | undefined;
  let readAt: string | undefined;
  let failing = false;
  let background: Repeating | undefined;
  let starting = new AbortController();

  const read = async (): Promise<void> => {
    try {
      const page = await fetchSince(cursor);
      revoked.forgetExpired();
      for (const revocation of page.revocations) revoked.add(revocation);
      cursor = page.cursor;
      readAt = new Date(clock.now()).toISOString();
      failing = false;
    } catch (error) {
      failing = true;
      throw error;
    }
  };

  const readAndTell = async (): Promise<void> => {
    try {
      await read();
    } catch (error) {
      onError(error);
      throw error;
    }
  };

  return {
    start: async () => {
      starting = new AbortController();
      await readAtStart(readAndTell, clock, starting.signal);
      background ??= repeat({ clock, intervalMs: everyMs, task: read, onError });
    },
    stop: async () => {
      starting.abort(authError('revocations_unavailable', { message: 'Stopped before the list was read.' }));
      await background?.stop();
      background = undefined;
    },
    isRevoked: revoked.has,
    hint: () => background?.now(),
    status: () => ({ size: revoked.size(), failing, ...(readAt === undefined ? {} : { readAt }) }),
  };
};
