import type { Clock } from '@gatehouse/resilience';
import { normaliseEmail } from '../../domain/email.ts';
import { type Session, sessionLimit } from '../../domain/session.ts';
import { signIn, type User } from '../../domain/user.ts';
import { userError } from '../../domain/user-errors.ts';
import type { AccessToken, AccessTokens, Passwords, Secrets, Transaction, Work } from '../ports.ts';
import { endSessions } from '../revoke.ts';
import type { SignInThrottle } from '../sign-in-throttle.ts';
import { type Ids, isoAfter, isoOf } from '../sources.ts';

type Deps = Readonly<{
  transaction: Transaction;
  throttle: SignInThrottle;
  passwords: Passwords;
  secrets: Secrets;
  accessTokens: AccessTokens;
  times: Readonly<{ clock: Clock; ids: Ids; sessionMs: number; accessTokenSeconds: number }>;
}>;

export type SignIn = Readonly<{
  email: string;
  password: string;
  address: string | undefined;
  userAgent: string | undefined;
}>;

export type Tokens = AccessToken & Readonly<{ refreshToken: string }>;

/**
 * Opens a session. An unknown address, a wrong password and a closed account are one answer at one cost: one count, one
 * look-up and one hash in every case.
 */
export const createSignIn = ({ transaction, throttle, passwords, secrets, accessTokens, times }: Deps) => {
  const { clock, ids, sessionMs, accessTokenSeconds } = times;

  const prove = async (email: string, password: string): Promise<User | undefined> => {
    const user = await transaction(({ users }) => users.findByEmail(email));
    const isRight = await passwords.verify(password, user?.passwordHash);
    return isRight && user?.isActive ? user : undefined;
  };

  const makeRoom = async (work: Work, userId: string, at: string): Promise<void> => {
    const sessions = await work.sessions.list(userId, at);
    const surplus = sessions.slice(sessionLimit - 1).map(({ id }) => id);
    await endSessions(work, surplus, { clock, accessTokenSeconds });
  };

  const open = (user: User, command: SignIn, tokenHash: string): Promise<Opened> => {
    const sessionId = ids.next();
    return transaction(async (work) => {
      const current = await work.users.find(user.id);
      const at = isoOf(clock);
      // Closed, deleted or with another password since it was looked at.
      if (!current?.isActive || current.passwordHash !== user.passwordHash)
        throw userError('unauthenticated');
      await makeRoom(work, user.id, at);
      const session = {
        id: sessionId,
        userId: user.id,
        createdAt: at,
        lastUsedAt: at,
        expiresAt: isoAfter(clock, sessionMs),
      };
      await work.sessions.open({ ...session, ...originOf(command) }, tokenHash);
      const change = signIn(current, sessionId, at);
      await work.users.save(change);
      return { user: change.user, sessionId, seenAt: at };
    });
  };

  return async (command: SignIn): Promise<Tokens> => {
    const email = normaliseEmail(command.email);
    const user = await throttle({ email, address: command.address }, () => prove(email, command.password));
    if (user === undefined) throw userError('unauthenticated');
    const refreshToken = secrets.create();
    const opened = await open(user, command, refreshToken.hash);
    const token = await accessTokens.issue(opened.user, opened.sessionId, opened.seenAt);
    return { ...token, refreshToken: refreshToken.value };
  };
};

type Opened = Readonly<{ user: User; sessionId: string; seenAt: string }>;

const longestUserAgent = 200;

const originOf = ({ address, userAgent }: SignIn): Pick<Session, 'address' | 'userAgent'> => ({
  ...(address === undefined ? {} : { address }),
  ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, longestUserAgent) }),
});
