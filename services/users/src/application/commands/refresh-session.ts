import type { Clock } from '@gatehouse/resilience';
import { decideRefresh } from '../../domain/session.ts';
import type { User } from '../../domain/user.ts';
import { userError } from '../../domain/user-errors.ts';
import type { AccessTokens, Secrets, Transaction, Work } from '../ports.ts';
import { endSessions } from '../revoke.ts';
import { isoAfter, isoOf } from '../sources.ts';
import type { Tokens } from './sign-in.ts';

type Deps = Readonly<{
  transaction: Transaction;
  secrets: Secrets;
  accessTokens: AccessTokens;
  clock: Clock;
  sessionMs: number;
  accessTokenSeconds: number;
}>;

const sessionOver = 'The session is over. Sign in again.';

type Refreshed = Readonly<{ user: User; sessionId: string; seenAt: string; refreshToken: string }>;

/** A refresh token for the next one and a new access token; see `RefreshDecision` for what a token can mean. */
export const createRefreshSession = ({ transaction, secrets, accessTokens, ...times }: Deps) => {
  const { clock, sessionMs } = times;

  const refresh = async (work: Work, value: string): Promise<Refreshed | undefined> => {
    const hash = secrets.hash(value);
    const owner = (await work.sessions.findByToken(hash))?.session.userId;
    const user = owner === undefined ? undefined : await work.users.find(owner);
    // Read again now that the account is locked: of two refreshes at once, the second sees what the first did.
    const found = await work.sessions.findByToken(hash);
    if (!user?.isActive || found === undefined) return undefined;

    const { session, token } = found;
    const granted = { user, sessionId: session.id, seenAt: isoOf(clock) };
    switch (decideRefresh(session, token, clock.now())) {
      case 'rotate': {
        const next = secrets.create();
        const used = { hash, at: isoOf(clock), sealedSuccessor: secrets.seal(next.value, value) };
        await work.sessions.rotate(used, { hash: next.hash, expiresAt: isoAfter(clock, sessionMs) });
        return { ...granted, refreshToken: next.value };
      }
      case 'repeat':
        return { ...granted, refreshToken: secrets.unseal(token.sealedSuccessor ?? '', value) };
      case 'theft':
        await endSessions(work, [session.id], times);
        return undefined;
      case 'refuse':
        return undefined;
    }
  };

  return async (value: string): Promise<Tokens> => {
    // The refusal is said after the transaction: the end of a stolen session must be kept.
    const refreshed = await transaction((work) => refresh(work, value));
    if (refreshed === undefined) throw userError('unauthenticated', { message: sessionOver });
    const { user, sessionId, seenAt, refreshToken } = refreshed;
    return { ...(await accessTokens.issue(user, sessionId, seenAt)), refreshToken };
  };
};
