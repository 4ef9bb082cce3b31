export type PostStatus = 'draft' | 'published';

/** A post as it is stored. `version` counts its changes from 1; `publishedAt` is set exactly while it is published. */
export type Post = Readonly<{
  id: string;
  authorId: string;
  title: string;
  slug: string;
  content: string;
  excerpt: string;
  status: PostStatus;
  tags: readonly string[];
  version: number;
  publishedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}>;

/** A post without its content: what a list needs. */
export type PostSummary = Omit<Post, 'content'>;

/** What its author may change. The slug stays: it is in other people's links. */
export type PostChanges = Readonly<{
  title?: string | undefined;
  content?: string | undefined;
  tags?: readonly string[] | undefined;
}>;
