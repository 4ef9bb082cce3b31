import { z } from 'zod';
import { longestPassword } from './domain/password-policy.ts';

/** The variables that users alone reads when it runs alone, made into its settings. */
export const usersEnvironment = z
  .object({
    PUBLIC_URL: z
      .url({ protocol: /^https?$/ })
      .describe('Where people reach the gateway; links in mails begin with it.'),
    ADMIN_EMAIL: z
      .email()
      .default('admin@gatehouse.local')
      .describe('E-mail address of the first administrator.'),
    ADMIN_PASSWORD: z
      .string()
      .min(12)
      .max(longestPassword)
      .optional()
      .describe('Password of the first administrator, at least 12 characters. Unset: none is made.'),
  })
  .transform(({ PUBLIC_URL: publicUrl, ADMIN_EMAIL: email, ADMIN_PASSWORD: password }) => ({
    publicUrl,
    ...(password === undefined ? {} : { administrator: { email, password } }),
  }));
