import { type Caller, isAdmin, isOwn } from '../models/caller.ts';
import type { Post } from '../models/post.ts';
import { postError } from '../models/post-errors.ts';

/** A draft is known to its author and to administrators alone: for everyone else there is no such post. */
export const getVisible = <P extends Pick<Post, 'authorId' | 'status'>>(
  post: P | undefined,
  caller: Caller,
): P => {
  if (post === undefined) throw postError('not_found');
  if (post.status === 'draft' && !mayChange(post, caller)) throw postError('not_found');
  return post;
};

/**
 * @throws not_found when the caller may not even see it, forbidden when it is another's, precondition_failed when it has
 * changed since the version that the caller knows
 */
export const getChangeable = <P extends Pick<Post, 'authorId' | 'status' | 'version'>>(
  post: P | undefined,
  caller: Caller,
  ifMatch: number | undefined,
): P => {
  const visible = getVisible(post, caller);
  if (!mayChange(visible, caller)) throw postError('forbidden');
  if (ifMatch !== undefined && ifMatch !== visible.version) throw postError('precondition_failed');
  return visible;
};

const mayChange = (post: Pick<Post, 'authorId'>, caller: Caller): boolean =>
  isOwn(post.authorId, caller) || isAdmin(caller);
