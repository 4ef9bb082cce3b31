import type { Clock } from '@gatehouse/resilience';
import type { PasswordPolicy } from '../../domain/password-policy.ts';
import { type Candidate, parseCandidate, registerUser } from '../../domain/user.ts';
import { userError } from '../../domain/user-errors.ts';
import type { Passwords, Transaction } from '../ports.ts';
import { type Ids, isoOf } from '../sources.ts';

type Deps = Readonly<{
  transaction: Transaction;
  passwords: Passwords;
  passwordFault: PasswordPolicy;
  clock: Clock;
  ids: Ids;
}>;

/**
 * Somebody wants an account. The verification mail is none of this: whoever hears `user.registered` makes its token and
 * sends it, so that the request does not wait for a mail server.
 */
export const createRegisterUser =
  ({ transaction, passwords, passwordFault, clock, ids }: Deps) =>
  async (candidate: Candidate): Promise<{ id: string }> => {
    const { password, ...person } = parseCandidate(candidate, passwordFault);
    // Looked up before the costly hash; the unique index decides when two come at once.
    if (await transaction(({ users }) => users.findByEmail(person.email))) throw userError('email_taken');

    const passwordHash = await passwords.hash(password);
    const change = registerUser({ ...person, passwordHash, id: ids.next(), at: isoOf(clock) });
    await transaction(({ users }) => users.add(change));
    return { id: change.user.id };
  };
