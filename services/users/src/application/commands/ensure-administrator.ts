import { isAppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';
import type { PasswordPolicy } from '../../domain/password-policy.ts';
import {
  andThen,
  type Candidate,
  changePassword,
  changeRole,
  parseCandidate,
  reactivateUser,
  registerUser,
  type User,
  type UserChange,
  verifyUser,
} from '../../domain/user.ts';
import { userError } from '../../domain/user-errors.ts';
import type { Passwords, Transaction } from '../ports.ts';
import { endSessionsOf, revokeTokensOf } from '../revoke.ts';
import { type Ids, isoOf } from '../sources.ts';

type Deps = Readonly<{
  transaction: Transaction;
  passwords: Passwords;
  passwordFault: PasswordPolicy;
  clock: Clock;
  ids: Ids;
  accessTokenSeconds: number;
}>;

export type Administrator = Readonly<{ email: string; password: string }>;

/**
 * The operator's administrator exists, by any number of starts and instances. An account that is one already is left as it
 * is, its password too. Somebody else's account under that address is taken over, password and sessions included: nobody
 * becomes administrator by having registered the address first.
 */
export const createEnsureAdministrator = ({ transaction, passwords, passwordFault, ids, ...times }: Deps) => {
  const take = (user: User, passwordHash: string, at: string): UserChange =>
    [
      (next: User) => changePassword(next, passwordHash, at),
      (next: User) => verifyUser(next, at),
      (next: User) => reactivateUser(next, { at }),
    ].reduce(andThen, changeRole(user, 'admin', { at }));

  return async (administrator: Administrator): Promise<void> => {
    const candidate = { ...administrator, firstName: 'Gatehouse', lastName: 'Administrator' };
    const { password, ...person } = parseAdministrator(candidate, passwordFault);
    const existing = await transaction(({ users }) => users.findByEmail(person.email));
    if (existing?.role === 'admin') return;

    const passwordHash = await passwords.hash(password);
    await transaction(async (work) => {
      const at = isoOf(times.clock);
      const user = await work.users.findByEmail(person.email);
      if (user === undefined) {
        const facts = {
          ...person,
          id: ids.next(),
          passwordHash,
          role: 'admin',
          emailVerified: true,
          at,
        } as const;
        return work.users.add(registerUser(facts));
      }
      if (user.role === 'admin') return;
      const change = take(user, passwordHash, at);
      await work.users.save(change);
      await endSessionsOf(work, { userId: user.id }, times);
      await revokeTokensOf(work, change.user, times);
    }).catch((error) => {
      // Another instance, starting at the same moment, was first.
      if (!isAppError(error) || error.code !== 'email_taken') throw error;
    });
  };
};

/** Read by whoever starts the service, not by a client: says which setting is at fault. */
const parseAdministrator = (candidate: Candidate, passwordFault: PasswordPolicy): Candidate => {
  try {
    return parseCandidate(candidate, passwordFault);
  } catch (cause) {
    const faults = isAppError(cause) ? (cause.details.errors ?? []) : [];
    const message = faults
      .map(({ path, message }) => `administrator${path.replace('/', '.')}: ${message}`)
      .join(' ');
    throw userError('administrator_refused', { message, cause });
  }
};
