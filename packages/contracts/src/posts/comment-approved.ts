import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const CommentApproved = defineEvent({
  type: 'gatehouse.comment.approved.v1',
  description: 'A comment may be read by everyone.',
  data: z.object({ commentId: id, postId: id, authorId: id }),
});
