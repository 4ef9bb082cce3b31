import type { Clock } from '@gatehouse/resilience';
import { userError } from '../../domain/user-errors.ts';
import type { Transaction } from '../ports.ts';
import { endSessions, endSessionsOf } from '../revoke.ts';
import { isoOf } from '../sources.ts';

type Deps = Readonly<{ transaction: Transaction; clock: Clock; accessTokenSeconds: number }>;

/** Ends sessions of an account: this one, one of the list, or all. */
export const createSignOut = ({ transaction, ...deps }: Deps) => ({
  /** Of one's own; another's is like none. */
  fromOne: (userId: string, sessionId: string): Promise<void> =>
    transaction(async (work) => {
      await work.users.find(userId);
      const sessions = await work.sessions.list(userId, isoOf(deps.clock));
      if (!sessions.some(({ id }) => id === sessionId)) throw userError('not_found');
      await endSessions(work, [sessionId], deps);
    }),
  fromAll: (userId: string): Promise<void> =>
    transaction(async (work) => {
      await work.users.find(userId);
      await endSessionsOf(work, { userId }, deps);
    }),
});
