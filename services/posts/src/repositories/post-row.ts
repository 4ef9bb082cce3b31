import type { Insertable, Selectable } from 'kysely';
import type { Post, PostSummary } from '../models/post.ts';
import { tagKey } from '../models/tags.ts';
import type { PostsTable } from './tables.ts';

export const summaryColumns = [
  'id',
  'author_id',
  'title',
  'slug',
  'excerpt',
  'status',
  'tags',
  'version',
  'published_at',
  'created_at',
  'updated_at',
] as const;

export const postColumns = [...summaryColumns, 'content'] as const;

export type PostSummaryRow = Pick<Selectable<PostsTable>, (typeof summaryColumns)[number]>;
export type PostRow = Pick<Selectable<PostsTable>, (typeof postColumns)[number]>;

export const toSummary = (row: PostSummaryRow): PostSummary => ({
  id: row.id,
  authorId: row.author_id,
  title: row.title,
  slug: row.slug,
  excerpt: row.excerpt,
  status: row.status,
  tags: row.tags,
  version: row.version,
  publishedAt: row.published_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export const toPost = (row: PostRow): Post => ({ ...toSummary(row), content: row.content });

export const fromPost = (post: Post): Insertable<PostsTable> => ({
  id: post.id,
  author_id: post.authorId,
  title: post.title,
  slug: post.slug,
  content: post.content,
  excerpt: post.excerpt,
  status: post.status,
  tags: post.tags,
  tag_keys: post.tags.map(tagKey),
  version: post.version,
  published_at: post.publishedAt,
  created_at: post.createdAt,
  updated_at: post.updatedAt,
});
