import type { Clock } from '@gatehouse/resilience';
import { renameUser } from '../../domain/user.ts';
import { getLocked } from '../get-locked.ts';
import type { Transaction } from '../ports.ts';
import { isoOf } from '../sources.ts';

type Deps = Readonly<{ transaction: Transaction; clock: Clock }>;

export type RenameUser = Readonly<{
  id: string;
  firstName?: string | undefined;
  lastName?: string | undefined;
  ifVersion?: number | undefined;
}>;

export const createRenameUser =
  ({ transaction, clock }: Deps) =>
  (command: RenameUser): Promise<void> =>
    transaction(async (work) => {
      const user = await getLocked(work, command.id, command.ifVersion);
      await work.users.save(renameUser(user, command, isoOf(clock)));
    });
