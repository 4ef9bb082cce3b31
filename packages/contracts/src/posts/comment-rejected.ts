import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const CommentRejected = defineEvent({
  type: 'gatehouse.comment.rejected.v1',
  description: 'A comment was refused by the author of the post or an administrator.',
  data: z.object({ commentId: id, postId: id, authorId: id }),
});
