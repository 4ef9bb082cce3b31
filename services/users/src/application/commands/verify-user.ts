import type { Clock } from '@gatehouse/resilience';
import { verifyUser } from '../../domain/user.ts';
import { userError } from '../../domain/user-errors.ts';
import type { Secrets, Transaction } from '../ports.ts';
import { isoOf } from '../sources.ts';

type Deps = Readonly<{ transaction: Transaction; secrets: Secrets; clock: Clock }>;

/** The mailed token proves the address. It works once; an account that is verified already just uses it up. */
export const createVerifyUser =
  ({ transaction, secrets, clock }: Deps) =>
  (token: string): Promise<{ id: string }> =>
    transaction(async ({ users, tokens }) => {
      const at = isoOf(clock);
      const taken = await tokens.take(secrets.hash(token), at);
      const user = taken && (await users.find(taken.userId));
      if (user === undefined) throw userError('invalid_token');
      await users.save(verifyUser(user, at));
      return { id: user.id };
    });
