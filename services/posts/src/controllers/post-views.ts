import type { ReplyOptions } from '@gatehouse/service-kit';
import type { Author } from '../models/author.ts';
import type { Caller } from '../models/caller.ts';
import type { PostSummary } from '../models/post.ts';
import type { PostWithAuthor } from '../services/posts-service.ts';

/** What everyone may read, and all that a list gives. */
export const toExcerptView = (post: PostSummary) => ({
  id: post.id,
  slug: post.slug,
  title: post.title,
  excerpt: post.excerpt,
  status: post.status,
  tags: post.tags,
  publishedAt: post.publishedAt?.toISOString() ?? null,
  createdAt: post.createdAt.toISOString(),
  updatedAt: post.updatedAt.toISOString(),
});

const toFullView = ({ post, author }: PostWithAuthor) => ({
  ...toExcerptView(post),
  content: post.content,
  author: { id: post.authorId, fullName: author?.fullName ?? null },
});

/** The full view for callers who are signed in, the excerpt for others; with the entity tag's parts. */
export const toView = (
  found: PostWithAuthor,
  caller: Caller,
): Readonly<{ data: unknown; options: ReplyOptions }> =>
  caller === undefined
    ? { data: toExcerptView(found.post), options: { version: found.post.version, view: 'excerpt' } }
    : { data: toFullView(found), options: { version: found.post.version, view: fullViewName(found.author) } };

// The full view shows the author's name, which changes without the post: a tag that did not tell would make 304 a lie.
const fullViewName = (author: Author | undefined): string => {
  if (author === undefined) return 'full-unnamed';
  return author.renames === 0 ? 'full' : `full-${author.renames}`;
};
