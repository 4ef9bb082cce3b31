import { CommentApproved, CommentCreated, CommentDeleted, CommentRejected } from '@gatehouse/contracts';
import { type NewEvent, newEvent } from '@gatehouse/messaging';
import type { Comment, Thread } from './comment.ts';

const excerptLength = 200;

export const commentCreated = (
  comment: Comment & { status: 'pending' | 'approved' },
  thread: Thread,
): NewEvent =>
  newEvent(CommentCreated, {
    aggregateId: comment.id,
    aggregateVersion: comment.version,
    data: {
      ...about(comment),
      postAuthorId: thread.postAuthorId,
      status: comment.status,
      excerpt: [...comment.content].slice(0, excerptLength).join(''),
    },
  });

export const commentModerated = (comment: Comment, outcome: 'approved' | 'rejected'): NewEvent =>
  newEvent(outcome === 'approved' ? CommentApproved : CommentRejected, {
    aggregateId: comment.id,
    aggregateVersion: comment.version,
    data: about(comment),
  });

/** The deletion is the change after the last one that was stored. */
export const commentDeleted = (comment: Pick<Comment, 'id' | 'postId' | 'authorId' | 'version'>): NewEvent =>
  newEvent(CommentDeleted, {
    aggregateId: comment.id,
    aggregateVersion: comment.version + 1,
    data: about(comment),
  });

const about = ({ id, postId, authorId }: Pick<Comment, 'id' | 'postId' | 'authorId'>) => ({
  commentId: id,
  postId,
  authorId,
});
