import { defineEvent } from '../define-event.ts';
import { postSummary } from './post-summary.ts';

export const PostCreated = defineEvent({
  type: 'gatehouse.post.created.v1',
  description: 'A post was written; it may be a draft.',
  data: postSummary,
});
