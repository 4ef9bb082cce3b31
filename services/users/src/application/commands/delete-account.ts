import type { Clock } from '@gatehouse/resilience';
import { deleteUser } from '../../domain/user.ts';
import { getLocked, refuseLastAdministrator } from '../get-locked.ts';
import type { Transaction } from '../ports.ts';
import { endSessionsOf, revokeTokensOf } from '../revoke.ts';
import { isoOf } from '../sources.ts';

type Deps = Readonly<{ transaction: Transaction; clock: Clock; accessTokenSeconds: number }>;

/** For good: a tombstone stays, what says who it was goes, and every other service is told. */
export const createDeleteAccount =
  ({ transaction, ...times }: Deps) =>
  (id: string, ifVersion?: number): Promise<void> =>
    transaction(async (work) => {
      const user = await getLocked(work, id, ifVersion);
      await refuseLastAdministrator(work, user);
      const change = deleteUser(user, isoOf(times.clock));
      await endSessionsOf(work, { userId: id }, times);
      await revokeTokensOf(work, change.user, times);
      await work.users.bury(change);
    });
