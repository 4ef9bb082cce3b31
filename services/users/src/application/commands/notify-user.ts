import type { User } from '../../domain/user.ts';
import { commentMail } from '../mails/comment-mail.ts';
import { type Money, orderConfirmedMail, orderRejectedMail } from '../mails/order-mails.ts';
import type { Mail, Work } from '../ports.ts';

type Comment = Readonly<{
  postId: string;
  postAuthorId: string;
  authorId: string;
  status: 'pending' | 'approved';
  excerpt: string;
}>;

/** Mails about what happened elsewhere, in the caller's transaction. Closed and deleted accounts get none. */
export const createNotifyUser = ({ publicUrl }: Readonly<{ publicUrl: string }>) => {
  const notify = async (work: Work, userId: string, mailFor: (user: User) => Mail): Promise<void> => {
    const user = await work.users.find(userId);
    if (user?.isActive) await work.mailer.send(mailFor(user));
  };

  return {
    ofOrderConfirmed: (
      work: Work,
      order: Readonly<{ orderId: string; customerId: string; totalAmount: Money }>,
    ) => notify(work, order.customerId, (user) => orderConfirmedMail(user, order, publicUrl)),
    ofOrderRejected: (work: Work, order: Readonly<{ orderId: string; customerId: string; reason: string }>) =>
      notify(work, order.customerId, (user) => orderRejectedMail(user, order, publicUrl)),
    /** Not about one's own comments. */
    ofComment: async (work: Work, comment: Comment): Promise<void> => {
      if (comment.authorId === comment.postAuthorId) return;
      await notify(work, comment.postAuthorId, (user) => commentMail(user, comment, publicUrl));
    },
  };
};

export type NotifyUser = ReturnType<typeof createNotifyUser>;
