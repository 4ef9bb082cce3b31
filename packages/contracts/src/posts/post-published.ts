import { defineEvent } from '../define-event.ts';
import { postSummary } from './post-summary.ts';

export const PostPublished = defineEvent({
  type: 'gatehouse.post.published.v1',
  description: 'A draft became readable for everyone.',
  data: postSummary,
});
