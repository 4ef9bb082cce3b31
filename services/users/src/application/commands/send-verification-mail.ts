import type { Clock } from '@gatehouse/resilience';
import type { User } from '../../domain/user.ts';
import { verificationMail } from '../mails/verification-mail.ts';
import type { Secrets, Work } from '../ports.ts';
import { isoAfter, isoOf } from '../sources.ts';

type Deps = Readonly<{ secrets: Secrets; clock: Clock; publicUrl: string; validForHours: number }>;

/** One mail a minute to one address, whoever asks for it and however often. */
const pauseMs = 60_000;

/**
 * Makes the token, keeps its hash and sends the mail, in the caller's transaction. Says nothing to accounts that are
 * verified, closed or gone.
 */
export const createSendVerificationMail = ({ secrets, clock, publicUrl, validForHours }: Deps) => {
  const send = async ({ tokens, mailer }: Work, user: User | undefined): Promise<void> => {
    if (user === undefined || user.emailVerified || !user.isActive) return;
    const latest = await tokens.findLatest(user.id);
    if (latest !== undefined && clock.now() - Date.parse(latest) < pauseMs) return;

    const token = secrets.create();
    const expiresAt = isoAfter(clock, validForHours * 3_600_000);
    await tokens.add({ hash: token.hash, userId: user.id, createdAt: isoOf(clock), expiresAt });
    await mailer.send(verificationMail({ user, token: token.value, publicUrl, validForHours }));
  };

  return {
    /** After a registration. */
    toUser: async (work: Work, userId: string): Promise<void> => send(work, await work.users.find(userId)),
    /** The oldest wish for another mail; false when there is none. */
    toNextRequest: async (work: Work): Promise<boolean> => {
      const email = await work.mailRequests.take();
      if (email === undefined) return false;
      await send(work, await work.users.findByEmail(email));
      return true;
    },
  };
};

export type SendVerificationMail = ReturnType<typeof createSendVerificationMail>;
