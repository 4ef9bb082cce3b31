import { z } from 'zod';
import { longestPassword } from './domain/password-policy.ts';

const hours = 3_600_000;

/** The settings of the service, checked at start; what is not given has its default. */
export const usersSettings = z.strictObject({
  /** Where people reach Gatehouse: links in mails begin with it. */
  publicUrl: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
  /** The first administrator, ensured at every start. */
  administrator: z
    .strictObject({ email: z.string().min(1), password: z.string().min(1).max(longestPassword) })
    .optional(),
  accessTokenSeconds: z.int().min(60).max(3_600).default(900),
  /** A session ends when it was not refreshed for this long. */
  sessionDays: z.int().min(1).max(365).default(30),
  verificationHours: z.int().min(1).max(168).default(24),
  /** How long a new signing key is shown before it signs: longer than anyone keeps the key set without looking again. */
  keyNoticeSeconds: z.int().min(0).max(86_400).default(330),
  /** Mails that the mailbox keeps; the oldest go. */
  mailboxLimit: z.int().min(1).max(100_000).default(1_000),
});

export type UsersSettings = z.output<typeof usersSettings>;

export const sessionMsOf = ({ sessionDays }: UsersSettings): number => sessionDays * 24 * hours;
