import type { Clock } from '@gatehouse/resilience';
import { type ApiKey, apiKeyTokenSeconds } from '../domain/api-key.ts';
import type { User } from '../domain/user.ts';
import type { Work } from './ports.ts';
import { isoOf } from './sources.ts';

type Deps = Readonly<{ clock: Clock; accessTokenSeconds: number }>;

/** A revocation outlives every token that it is about, and the clocks of other machines. */
const skewSeconds = 60;

const untilOf = ({ clock, accessTokenSeconds }: Deps): number =>
  Math.ceil(clock.now() / 1000) + accessTokenSeconds + skewSeconds;

/** Ends sessions: no further refresh, and their access tokens are out everywhere within seconds. */
export const endSessions = async (work: Work, ids: readonly string[], deps: Deps): Promise<void> => {
  if (ids.length === 0) return;
  await work.sessions.end(ids, isoOf(deps.clock));
  await work.revocations.add(ids.map((sid) => ({ sid, until: untilOf(deps) })));
};

/** Every session of the account, but for `except`. */
export const endSessionsOf = async (
  work: Work,
  who: Readonly<{ userId: string; except?: string }>,
  deps: Deps,
): Promise<void> => {
  const sessions = await work.sessions.list(who.userId, isoOf(deps.clock));
  await endSessions(
    work,
    sessions.map(({ id }) => id).filter((id) => id !== who.except),
    deps,
  );
};

/** Every access token that the account has got so far; its sessions go on and get new ones. */
export const revokeTokensOf = (work: Work, user: User, deps: Deps): Promise<void> =>
  work.revocations.add([{ sub: user.id, notBefore: user.tokensNotBefore, until: untilOf(deps) }]);

/** Every access token that the key was exchanged for. */
export const revokeTokensOfApiKey = (work: Work, { id, userId }: ApiKey, clock: Clock): Promise<void> =>
  work.revocations.addApiKey({
    id,
    userId,
    until: untilOf({ clock, accessTokenSeconds: apiKeyTokenSeconds }),
  });
