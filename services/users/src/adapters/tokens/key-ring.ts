import type { JwkSet, SigningKey } from '@gatehouse/auth';
import type { Clock } from '@gatehouse/resilience';
import type { KeptKey, SigningKeys } from '../postgres/postgres-signing-keys.ts';

export type KeyRing = Readonly<{
  /** The one that signs now. */
  current(): Promise<SigningKey>;
  publicKeys(): Promise<JwkSet>;
  rotate(): Promise<KeptKey>;
}>;

/** Far below the notice that a new key is given, so an instance never signs with one that has gone. */
const freshMs = 10_000;

/** The kept keys, at hand for ten seconds: a sign-in does not read them anew, and another instance's rotation is seen soon. */
export const createKeyRing = ({ keys, clock }: Readonly<{ keys: SigningKeys; clock: Clock }>): KeyRing => {
  let known: Promise<readonly KeptKey[]> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;

  const read = async (): Promise<readonly KeptKey[]> => {
    await keys.ensure();
    return keys.list();
  };

  const list = (): Promise<readonly KeptKey[]> => {
    if (known === undefined || clock.monotonic() - readAt >= freshMs) {
      readAt = clock.monotonic();
      known = read();
      known.catch(() => {
        known = undefined;
      });
    }
    return known;
  };

  return {
    async current() {
      const now = new Date(clock.now()).toISOString();
      const all = await list();
      // All of them announced only when the clock was set back: then the oldest, which everyone has.
      const key = all.find(({ signsFrom }) => signsFrom <= now) ?? all.at(-1);
      if (key === undefined)
        throw new Error('the key ring is empty: ensure() has made one, and none was kept');
      return key;
    },
    publicKeys: async () => ({ keys: (await list()).map(({ publicJwk }) => publicJwk) }),
    async rotate() {
      const key = await keys.rotate();
      known = undefined;
      return key;
    },
  };
};
