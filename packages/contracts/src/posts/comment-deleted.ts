import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const CommentDeleted = defineEvent({
  type: 'gatehouse.comment.deleted.v1',
  description: 'A comment is gone for good.',
  data: z.object({ commentId: id, postId: id, authorId: id }),
});
