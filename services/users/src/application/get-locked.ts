import type { User } from '../domain/user.ts';
import { userError } from '../domain/user-errors.ts';
import type { Work } from './ports.ts';

/**
 * The account, held still until the end of the transaction.
 *
 * @throws not_found, and precondition_failed when it is not of the version that the caller has seen
 */
export const getLocked = async ({ users }: Work, id: string, ifVersion?: number): Promise<User> => {
  const user = await users.find(id);
  if (user === undefined) throw userError('not_found');
  if (ifVersion !== undefined && ifVersion !== user.version) throw userError('precondition_failed');
  return user;
};

/** @throws last_administrator when nobody could administrate any more without this one */
export const refuseLastAdministrator = async ({ users }: Work, user: User): Promise<void> => {
  if (user.role === 'admin' && user.isActive && (await users.countAdministrators()) <= 1)
    throw userError('last_administrator');
};
