import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const PostDeleted = defineEvent({
  type: 'gatehouse.post.deleted.v1',
  description: 'A post is gone for good.',
  data: z.object({ postId: id, authorId: id }),
});
