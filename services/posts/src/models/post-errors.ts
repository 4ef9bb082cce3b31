import { defineErrors } from '@gatehouse/errors';

export const postError = defineErrors({
  not_found: ['not-found', 'There is no such post.'],
  forbidden: ['forbidden', 'Only its author or an administrator may do that.'],
  author_deleted: ['forbidden', 'This account has been deleted.'],
  slug_taken: ['conflict', 'No free slug was found for this title. Please try again.'],
  precondition_failed: ['stale', 'The post has changed since that version.'],
  validation_failed: ['invalid', 'The request does not fit its schema.'],
});
