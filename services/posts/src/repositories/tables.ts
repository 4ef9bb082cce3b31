import type { Generated, GeneratedAlways } from 'kysely';
import type { PostStatus } from '../models/post.ts';

export type PostsTable = {
  id: string;
  author_id: string;
  title: string;
  slug: string;
  content: string;
  excerpt: string;
  status: PostStatus;
  tags: readonly string[];
  /** What tags are compared by: `tagKey` of each, in the order of `tags`. */
  tag_keys: readonly string[];
  version: number;
  published_at: Date | null;
  created_at: Date;
  updated_at: Date;
  /** `published_at`, and `created_at` for a draft. */
  listed_at: GeneratedAlways<Date>;
  search: GeneratedAlways<string>;
};

type AuthorsTable = {
  id: string;
  full_name: string | null;
  renames: Generated<number>;
  /** The `aggregateversion` of the newest `user.*` event that was applied. */
  version: number;
  deleted: Generated<boolean>;
};

type TagCountsTable = { key: string; tag: string; posts: number };

export type PostsSchema = { posts: PostsTable; authors: AuthorsTable; tag_counts: TagCountsTable };
