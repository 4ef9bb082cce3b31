import { emailFault, normaliseEmail } from '../../domain/email.ts';
import type { Transaction } from '../ports.ts';

/**
 * Keeps the wish and looks nothing up: answer and time are the same for addresses that have an account and for those that
 * have none. The mail follows from the background.
 */
export const createRequestVerificationMail =
  ({ transaction }: Readonly<{ transaction: Transaction }>) =>
  async (text: string): Promise<void> => {
    const email = normaliseEmail(text);
    if (emailFault(email) === undefined) await transaction(({ mailRequests }) => mailRequests.add(email));
  };
