import { defineErrors } from '@gatehouse/errors';

export const commentError = defineErrors({
  not_found: ['not-found', 'There is no such comment or post.'],
  forbidden: ['forbidden', 'Only its author, the author of the post or an administrator may do that.'],
  author_deleted: ['forbidden', 'This account has been deleted.'],
  comments_closed: ['conflict', 'Only published posts can be commented on.'],
  precondition_failed: ['stale', 'The comment has changed since that version.'],
});
