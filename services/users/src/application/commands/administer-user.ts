import type { Clock } from '@gatehouse/resilience';
import {
  andThen,
  changeRole,
  deactivateUser,
  reactivateUser,
  type User,
  type UserChange,
} from '../../domain/user.ts';
import type { Role } from '../../domain/user-events.ts';
import { getLocked, refuseLastAdministrator } from '../get-locked.ts';
import type { Transaction } from '../ports.ts';
import { endSessionsOf, revokeTokensOf } from '../revoke.ts';
import { isoOf } from '../sources.ts';

type Deps = Readonly<{ transaction: Transaction; clock: Clock; accessTokenSeconds: number }>;

export type AdministerUser = Readonly<{
  id: string;
  role?: Role | undefined;
  isActive?: boolean | undefined;
  /** The administrator. */
  by: string;
  ifVersion?: number | undefined;
}>;

/** Another role, or an account closed or opened again. Tokens that say otherwise are out at once. */
export const createAdministerUser =
  ({ transaction, ...times }: Deps) =>
  (command: AdministerUser): Promise<void> =>
    transaction(async (work) => {
      const user = await getLocked(work, command.id, command.ifVersion);
      const change = administer(user, command, isoOf(times.clock));
      if (!isAdministrator(change.user)) await refuseLastAdministrator(work, user);
      await work.users.save(change);
      if (change.user.tokensNotBefore > user.tokensNotBefore) await revokeTokensOf(work, change.user, times);
      if (!change.user.isActive) await endSessionsOf(work, { userId: user.id }, times);
    });

const administer = (user: User, { role, isActive, by }: AdministerUser, at: string): UserChange => {
  const act = { at, by };
  const first: UserChange = role === undefined ? { user, events: [] } : changeRole(user, role, act);
  if (isActive === undefined) return first;
  return andThen(first, (next) => (isActive ? reactivateUser(next, act) : deactivateUser(next, act)));
};

const isAdministrator = (user: User): boolean => user.role === 'admin' && user.isActive;
