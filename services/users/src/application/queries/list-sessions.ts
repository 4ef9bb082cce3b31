import type { Clock } from '@gatehouse/resilience';
import type { Session } from '../../domain/session.ts';
import type { Transaction } from '../ports.ts';
import { isoOf } from '../sources.ts';

type Deps = Readonly<{ transaction: Transaction; clock: Clock }>;

/** Where somebody is signed in now, the one used last first. Sessions have no events of their own, so no read model either. */
export const createListSessions =
  ({ transaction, clock }: Deps) =>
  (userId: string): Promise<readonly Session[]> =>
    transaction(({ sessions }) => sessions.list(userId, isoOf(clock)));
