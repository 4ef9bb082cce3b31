import { userError } from '../../domain/user-errors.ts';
import type { AuditEntry, UserHistory } from '../ports.ts';

/** What happened to an account, when and by whom, newest first; deleted ones too. The stream is the audit trail. */
export const createListAudit =
  ({ history }: Readonly<{ history: UserHistory }>) =>
  async (
    userId: string,
    page: Readonly<{ page: number; limit: number }>,
  ): Promise<Readonly<{ items: readonly AuditEntry[]; total: number }>> => {
    const found = await history.page(userId, page);
    if (found.total === 0) throw userError('not_found');
    return found;
  };
