import type { Principal } from '@gatehouse/auth';
import type { Ids } from '@gatehouse/contracts';
import type { Clock } from '@gatehouse/resilience';
import type { Author } from '../models/author.ts';
import { type Caller, isAdmin } from '../models/caller.ts';
import { excerptOf } from '../models/excerpt.ts';
import type { Post, PostChanges, PostStatus } from '../models/post.ts';
import { postError } from '../models/post-errors.ts';
import { uniqueTags } from '../models/tags.ts';
import type { AuthorsRepository } from '../repositories/authors-repository.ts';
import { postPublished, postUnpublished, postUpdated } from '../repositories/post-events.ts';
import type { PostsRepository, PostsTx } from '../repositories/posts-repository.ts';
import { getChangeable, getVisible } from './post-access.ts';

export type NewPost = Readonly<{
  title: string;
  content: string;
  tags?: readonly string[] | undefined;
  status?: PostStatus | undefined;
}>;

/** A post with what is known of its author; undefined when nothing has been heard of them yet. */
export type PostWithAuthor = Readonly<{ post: Post; author: Author | undefined }>;

/** Who changes which post, and the version they know of it when they said so. */
export type ChangeOf = Readonly<{ id: string; caller: Principal; ifMatch?: number | undefined }>;

type PostsDeps = Readonly<{
  posts: PostsRepository;
  authors: AuthorsRepository;
  clock: Clock;
  ids: Ids;
}>;

/** What may be done with a post, by whom. Changes take the transaction that they belong to. */
export const createPostsService = ({ posts, authors, clock, ids }: PostsDeps) => {
  const withAuthor = async (post: Post, tx?: PostsTx): Promise<PostWithAuthor> => {
    const [author] = await authors.listByIds([post.authorId], tx);
    return { post, author };
  };

  /** A change that leaves the post as it was is none: no version, no event. */
  const change = async (
    of: ChangeOf,
    tx: PostsTx,
    decide: (
      post: Post,
      now: Date,
    ) => Pick<Parameters<PostsRepository['save']>[0], 'after' | 'event'> | undefined,
  ): Promise<PostWithAuthor> => {
    const before = getChangeable(await posts.findForChange(of.id, tx), of.caller, of.ifMatch);
    const decided = decide(before, new Date(clock.now()));
    if (decided !== undefined) await posts.save({ before, ...decided }, tx);
    return withAuthor(decided?.after ?? before, tx);
  };

  return {
    async get(by: Readonly<{ id: string } | { slug: string }>, caller: Caller): Promise<PostWithAuthor> {
      return withAuthor(getVisible(await posts.find(by), caller));
    },

    /** An administrator's post is published unless it says `draft`; anyone else's is a draft. */
    async create(given: NewPost, caller: Principal, tx: PostsTx): Promise<PostWithAuthor> {
      if (given.status === 'published' && !isAdmin(caller))
        throw postError('forbidden', { message: 'Write a draft and publish it.' });
      const author = await authors.findAndHold(caller.id, tx);
      if (author?.deleted) throw postError('author_deleted');

      const status = given.status ?? (isAdmin(caller) ? 'published' : 'draft');
      const now = new Date(clock.now());
      const post = await posts.add(
        {
          id: ids.next(),
          authorId: caller.id,
          title: given.title,
          content: given.content,
          excerpt: excerptOf(given.content),
          tags: uniqueTags(given.tags ?? []),
          status,
          version: 1,
          publishedAt: status === 'published' ? now : null,
          createdAt: now,
          updatedAt: now,
        },
        tx,
      );
      return { post, author };
    },

    update(of: ChangeOf, changes: PostChanges, tx: PostsTx): Promise<PostWithAuthor> {
      return change(of, tx, (post, now) => {
        const after = changed(post, changes, now);
        return after && { after, event: postUpdated(after) };
      });
    },

    publish(of: ChangeOf, tx: PostsTx): Promise<PostWithAuthor> {
      return change(of, tx, (post, now) => {
        if (post.status === 'published') return undefined;
        const after: Post = { ...next(post, now), status: 'published', publishedAt: now };
        return { after, event: postPublished(after) };
      });
    },

    unpublish(of: ChangeOf, tx: PostsTx): Promise<PostWithAuthor> {
      return change(of, tx, (post, now) => {
        if (post.status === 'draft') return undefined;
        const after: Post = { ...next(post, now), status: 'draft', publishedAt: null };
        return { after, event: postUnpublished(after) };
      });
    },

    async remove(of: ChangeOf, tx: PostsTx): Promise<void> {
      await posts.remove(getChangeable(await posts.findForChange(of.id, tx), of.caller, of.ifMatch), tx);
    },
  };
};

export type PostsService = ReturnType<typeof createPostsService>;

const changed = (post: Post, changes: PostChanges, now: Date): Post | undefined => {
  const title = changes.title ?? post.title;
  const content = changes.content ?? post.content;
  const tags = changes.tags === undefined ? post.tags : uniqueTags(changes.tags);
  const isSame =
    title === post.title && content === post.content && JSON.stringify(tags) === JSON.stringify(post.tags);
  return isSame ? undefined : { ...next(post, now), title, content, tags, excerpt: excerptOf(content) };
};

const next = (post: Post, now: Date): Post => ({ ...post, version: post.version + 1, updatedAt: now });
