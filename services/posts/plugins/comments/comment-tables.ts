import type { CommentStatus } from './comment.ts';

export type CommentsTable = {
  id: string;
  post_id: string;
  author_id: string;
  content: string;
  status: CommentStatus;
  version: number;
  created_at: Date;
  updated_at: Date;
};

type ThreadsTable = { post_id: string; post_author_id: string; open: boolean };

export type CommentsSchema = { comments: CommentsTable; comment_threads: ThreadsTable };
