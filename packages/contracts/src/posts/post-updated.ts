import { defineEvent } from '../define-event.ts';
import { postSummary } from './post-summary.ts';

export const PostUpdated = defineEvent({
  type: 'gatehouse.post.updated.v1',
  description: 'Title, content or tags of a post changed.',
  data: postSummary,
});
