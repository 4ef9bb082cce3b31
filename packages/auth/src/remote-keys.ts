import { type Clock, type Repeating, repeat } from '@gatehouse/resilience';
import type { CryptoKey } from 'jose';
import { authError } from './auth-error.ts';
import { importPublicKeys } from './import-public-keys.ts';
import type { KeySource } from './key-source.ts';
import { readAtStart } from './read-at-start.ts';
import type { JwkSet } from './signing-key.ts';

export type RemoteKeysOptions = Readonly<{
  /** Reads the key set; bounds its own time. */
  fetchKeys: () => Promise<JwkSet>;
  clock: Clock;
  /** Between two reads in the background. */
  refreshMs?: number;
  /** Between two reads that unknown kids ask for: made-up kids must not become load on the users service. */
  unknownKidMs?: number;
  onError?: (error: unknown) => void;
}>;

/** While reading fails, the next try comes this soon. */
const retryMs = 1000;

/**
 * Public keys of another service, kept at hand. When it cannot be reached the last known keys go on. A kid that is not
 * among them asks at most once in `unknownKidMs`, all askers sharing one read; when that read fails, or there was never a
 * key, the answer is `keys_unavailable`, because nobody can tell a forged token from one of a new key then.
 */
export const createRemoteKeys = ({
  fetchKeys,
  clock,
  refreshMs = 300_000,
  unknownKidMs = 60_000,
  onError = () => {},
}: RemoteKeysOptions): KeySource => {
  let keys: ReadonlyMap<string, CryptoKey> = new Map();
  let readAt: string | undefined;
  let failing = false;
  let reading: Promise<void> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let nextReadAt = Number.NEGATIVE_INFINITY;
  let background: Repeating | undefined;
  let starting = new AbortController();

  const read = async (): Promise<void> => {
    try {
      keys = await importPublicKeys(await fetchKeys());
      readAt = new Date(clock.now()).toISOString();
      failing = false;
    } catch (error) {
      failing = true;
      onError(error);
      throw error;
    } finally {
      nextReadAt = clock.monotonic() + (failing ? retryMs : refreshMs);
      reading = undefined;
    }
  };

  const readOnce = (): Promise<void> => {
    reading ??= read();
    return reading;
  };

  const refresh = async (): Promise<void> => {
    if (clock.monotonic() >= nextReadAt) await readOnce().catch(toldAlready);
  };

  /** May a kid that we do not know make us read? Without any key it may as often as the background tries. */
  const mayAsk = (): boolean => clock.monotonic() - askedAt >= (keys.size === 0 ? retryMs : unknownKidMs);

  const ask = async (): Promise<void> => {
    if (reading === undefined && !mayAsk()) return;
    if (reading === undefined) askedAt = clock.monotonic();
    await readOnce().catch(toldAlready);
  };

  return {
    find: async (kid) => {
      const known = keys.get(kid);
      if (known !== undefined) return known;
      await ask();
      const found = keys.get(kid);
      if (found === undefined && (failing || keys.size === 0)) {
        throw authError('keys_unavailable', { details: { retryAfterSeconds: 1 } });
      }
      return found;
    },
    ready: () => keys.size > 0,
    start: async () => {
      starting = new AbortController();
      await readAtStart(readOnce, clock, starting.signal);
      background ??= repeat({ clock, intervalMs: retryMs, task: refresh, onError });
    },
    stop: async () => {
      starting.abort(authError('keys_unavailable', { message: 'Stopped before keys were read.' }));
      await background?.stop();
      background = undefined;
    },
    status: () => ({ kids: [...keys.keys()], failing, ...(readAt === undefined ? {} : { readAt }) }),
  };
};

/** `read` has told `onError`. */
const toldAlready = (): void => {};
