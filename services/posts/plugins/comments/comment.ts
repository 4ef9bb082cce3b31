/**
 * `pending`: waits for the post's author or an administrator · `approved`: everyone may read it · `rejected`: its author,
 * the post's author and administrators may. An approved one can be rejected later and the other way round; its author's
 * edit makes it pending again, a moderator's leaves it as it is.
 */
export type CommentStatus = 'pending' | 'approved' | 'rejected';

export type Comment = Readonly<{
  id: string;
  postId: string;
  authorId: string;
  content: string;
  status: CommentStatus;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}>;

/** The comments of one post: `open` while it is published. Kept in step by what is heard of the post. */
export type Thread = Readonly<{ postId: string; postAuthorId: string; open: boolean }>;

export type CommentInThread = Readonly<{ comment: Comment; thread: Thread }>;

/** Where a page starts: after so many comments, or after the one at this place. */
export type CommentPlace = Readonly<{ at: string; id: string }>;
export type CommentPageStart = Readonly<{ skip: number } | { after: CommentPlace }>;
