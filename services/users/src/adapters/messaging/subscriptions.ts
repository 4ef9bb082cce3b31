import { CommentCreated, OrderConfirmed, OrderRejected, UserRegistered } from '@gatehouse/contracts';
import type { AnyTx } from '@gatehouse/database';
import { createSubscription, on, type Subscription } from '@gatehouse/messaging';
import type { NotifyUser } from '../../application/commands/notify-user.ts';
import type { SendVerificationMail } from '../../application/commands/send-verification-mail.ts';
import type { Work } from '../../application/ports.ts';

type Deps = Readonly<{
  workOn: (tx: AnyTx) => Work;
  sendVerificationMail: SendVerificationMail;
  notifyUser: NotifyUser;
}>;

/** What this service hears. A mail goes out in the transaction that marks its message done: once, or again after a failure. */
export const usersSubscriptions = ({
  workOn,
  sendVerificationMail,
  notifyUser,
}: Deps): readonly Subscription[] => [
  createSubscription({
    consumer: 'users.welcome-mails',
    handlers: [on(UserRegistered, ({ data }, tx) => sendVerificationMail.toUser(workOn(tx), data.userId))],
  }),
  createSubscription({
    consumer: 'users.notification-mails',
    handlers: [
      on(OrderConfirmed, ({ data }, tx) => notifyUser.ofOrderConfirmed(workOn(tx), data)),
      on(OrderRejected, ({ data }, tx) => notifyUser.ofOrderRejected(workOn(tx), data)),
      on(CommentCreated, ({ data }, tx) => notifyUser.ofComment(workOn(tx), data)),
    ],
  }),
];
