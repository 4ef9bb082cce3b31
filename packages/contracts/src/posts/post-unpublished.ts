import { z } from 'zod';
import { defineEvent } from '../define-event.ts';
import { id } from '../values.ts';

export const PostUnpublished = defineEvent({
  type: 'gatehouse.post.unpublished.v1',
  description: 'A published post became a draft again.',
  data: z.object({ postId: id, authorId: id }),
});
