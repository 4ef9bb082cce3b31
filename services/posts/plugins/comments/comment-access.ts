import type { Principal } from '@gatehouse/auth';
import type { CommentInThread, Thread } from './comment.ts';
import { commentError } from './comment-errors.ts';

export type Caller = Principal | undefined;

/** The author of the post and administrators decide about its comments. */
export const moderates = (caller: Caller, thread: Pick<Thread, 'postAuthorId'>): boolean =>
  caller !== undefined && (caller.role === 'admin' || caller.id === thread.postAuthorId);

/**
 * @throws not_found for a comment that this caller may not know of, forbidden for one that is neither the caller's own
 * nor the caller's to moderate, precondition_failed when it has changed since the version that the caller knows
 */
export const getChangeable = (
  found: CommentInThread | undefined,
  caller: Principal,
  ifMatch: number | undefined,
): CommentInThread => {
  const visible = getVisible(found, caller);
  const { comment, thread } = visible;
  if (comment.authorId !== caller.id && !moderates(caller, thread)) throw commentError('forbidden');
  if (ifMatch !== undefined && ifMatch !== comment.version) throw commentError('precondition_failed');
  return visible;
};

/** @throws forbidden too when it is the caller's own, but on another's post */
export const getModeratable = (
  found: CommentInThread | undefined,
  caller: Principal,
  ifMatch: number | undefined,
): CommentInThread => {
  const changeable = getChangeable(found, caller, ifMatch);
  if (!moderates(caller, changeable.thread)) throw commentError('forbidden');
  return changeable;
};

const getVisible = (found: CommentInThread | undefined, caller: Caller): CommentInThread => {
  if (found === undefined) throw commentError('not_found');
  const { comment, thread } = found;
  const isForAll = comment.status === 'approved' && thread.open;
  if (!isForAll && comment.authorId !== caller?.id && !moderates(caller, thread))
    throw commentError('not_found');
  return found;
};
