import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const CommentCreated = defineEvent({
  type: 'gatehouse.comment.created.v1',
  description: 'Somebody commented on a post; the comment may still wait for approval.',
  data: z.object({
    commentId: id,
    postId: id,
    postAuthorId: id,
    authorId: id,
    status: z.enum(['pending', 'approved']),
    excerpt: z.string(),
  }),
});
