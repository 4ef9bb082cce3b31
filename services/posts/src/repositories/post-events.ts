import {
  type EventData,
  PostCreated,
  PostDeleted,
  PostPublished,
  PostUnpublished,
  PostUpdated,
} from '@gatehouse/contracts';
import { type NewEvent, newEvent } from '@gatehouse/messaging';
import type { Post, PostSummary } from '../models/post.ts';

export const postCreated = (post: Post): NewEvent =>
  newEvent(PostCreated, { ...about(post), data: toFacts(post) });

export const postUpdated = (post: Post): NewEvent =>
  newEvent(PostUpdated, { ...about(post), data: toFacts(post) });

export const postPublished = (post: Post): NewEvent =>
  newEvent(PostPublished, { ...about(post), data: toFacts(post) });

export const postUnpublished = (post: Post): NewEvent =>
  newEvent(PostUnpublished, { ...about(post), data: { postId: post.id, authorId: post.authorId } });

/** The deletion is the change after the last one that was stored. */
export const postDeleted = (post: Pick<Post, 'id' | 'authorId' | 'version'>): NewEvent =>
  newEvent(PostDeleted, {
    aggregateId: post.id,
    aggregateVersion: post.version + 1,
    data: { postId: post.id, authorId: post.authorId },
  });

const about = (post: Post) => ({ aggregateId: post.id, aggregateVersion: post.version });

const toFacts = (post: PostSummary): EventData<typeof PostUpdated> => ({
  postId: post.id,
  authorId: post.authorId,
  slug: post.slug,
  title: post.title,
  excerpt: post.excerpt,
  status: post.status,
  tags: post.tags,
  publishedAt: post.publishedAt?.toISOString() ?? null,
});
