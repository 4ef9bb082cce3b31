import { z } from 'zod';
import type { UserView } from '../../application/queries/user-view.ts';
import { longestPassword } from '../../domain/password-policy.ts';

/*
 * Shapes alone, and bounds on size: what an address, a name or a password has to be is the domain's to say.
 */
const keptText = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^\P{Cc}*$/u, 'Contains a control character.');

export const emailText = keptText(320);
export const nameText = keptText(400);
export const searchText = keptText(100).min(1);
/** The domain refuses a new one over its limit; this one bounds what is read at all. */
export const passwordText = z.string().max(longestPassword * 4);
export const tokenText = z.string().min(1).max(200);

export const role = z.enum(['user', 'admin']);

export const userReply = z.object({
  id: z.uuid(),
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  fullName: z.string(),
  role,
  status: z.enum(['pending_verification', 'active', 'deactivated']),
  isActive: z.boolean(),
  createdAt: z.iso.datetime(),
  lastLoginAt: z.iso.datetime().nullable(),
});

export const toUserReply = ({
  emailVerified: _,
  version: __,
  ...user
}: UserView): z.output<typeof userReply> => user;

export const tokensReply = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int(),
});
