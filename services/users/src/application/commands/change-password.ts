import type { Clock } from '@gatehouse/resilience';
import type { PasswordPolicy } from '../../domain/password-policy.ts';
import { changePassword, fault, type User } from '../../domain/user.ts';
import { refuseFields, userError } from '../../domain/user-errors.ts';
import { getLocked } from '../get-locked.ts';
import type { Passwords, Transaction } from '../ports.ts';
import { endSessionsOf } from '../revoke.ts';
import type { SignInThrottle } from '../sign-in-throttle.ts';
import { isoOf } from '../sources.ts';

type Deps = Readonly<{
  transaction: Transaction;
  passwords: Passwords;
  passwordFault: PasswordPolicy;
  throttle: SignInThrottle;
  clock: Clock;
  accessTokenSeconds: number;
}>;

export type ChangePassword = Readonly<{
  id: string;
  sessionId: string;
  currentPassword: string;
  password: string;
  address: string | undefined;
}>;

/**
 * Wrong current passwords are counted like failed sign-ins: a stolen access token is no way to guess on. Every other
 * session of the account ends; this one goes on.
 */
export const createChangePassword = ({ transaction, passwords, passwordFault, throttle, ...times }: Deps) => {
  const prove = async (user: User, { currentPassword, address }: ChangePassword): Promise<void> => {
    const verify = async () => (await passwords.verify(currentPassword, user.passwordHash)) || undefined;
    if (await throttle({ email: user.email, address }, verify)) return;
    throw notCurrent();
  };

  return async (command: ChangePassword): Promise<void> => {
    const user = await transaction((work) => getLocked(work, command.id));
    refuseFields(fault('/password', passwordFault(command.password, user)));
    await prove(user, command);
    const passwordHash = await passwords.hash(command.password);
    await transaction(async (work) => {
      const current = await getLocked(work, command.id);
      // Somebody else changed it in between: what was proved is no longer so.
      if (current.passwordHash !== user.passwordHash) throw notCurrent();
      await work.users.save(changePassword(current, passwordHash, isoOf(times.clock)));
      await endSessionsOf(work, { userId: user.id, except: command.sessionId }, times);
    });
  };
};

const notCurrent = () =>
  userError('validation_failed', {
    details: { errors: [{ path: '/currentPassword', message: 'Not your current password.' }] },
  });
