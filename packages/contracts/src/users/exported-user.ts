import { z } from 'zod';
import { id } from '../values.ts';

/**
 * An account as it is now, in `GET /internal/users/export`: for a service whose queue was not there yet when the account's
 * events were said. Names of a deleted one are empty.
 */
export const exportedUser = z.object({
  id,
  firstName: z.string(),
  lastName: z.string(),
  fullName: z.string(),
  status: z.enum(['pending_verification', 'active', 'deactivated', 'deleted']),
  isActive: z.boolean(),
  /** Of the account's newest event: the state has all events up to it, and none after it. */
  aggregateversion: z.int().min(1),
});

export type ExportedUser = z.output<typeof exportedUser>;
