import { PostDeleted, PostPublished, PostUnpublished, UserDeleted } from '@gatehouse/contracts';
import { createSubscription, on, type Subscription } from '@gatehouse/messaging';
import type { ThreadKeeper } from './thread-keeper.ts';

/** Opens and closes comments with their post, and lets those of deleted posts and people go. */
export const commentsSubscription = ({ keeper }: { keeper: ThreadKeeper }): Subscription =>
  createSubscription({
    consumer: 'posts.comments',
    handlers: [
      on(PostPublished, ({ data }, tx) => keeper.followPost(data.postId, tx)),
      on(PostUnpublished, ({ data }, tx) => keeper.followPost(data.postId, tx)),
      on(PostDeleted, ({ data }, tx) => keeper.followPost(data.postId, tx)),
      on(UserDeleted, ({ data }, tx) => keeper.forgetPerson(data.userId, tx)),
    ],
  });
