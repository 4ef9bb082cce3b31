import { type Caller, isAdmin } from '../models/caller.ts';
import type { PostStatus, PostSummary } from '../models/post.ts';
import type {
  BoundedTotal,
  PageOf,
  PageStart,
  PostFilter,
  PostPlace,
  PostSort,
  RankedPlace,
} from '../models/post-list.ts';
import { tagKey } from '../models/tags.ts';
import { countLimit, type PostListRepository, rankedLimit } from '../repositories/post-list-repository.ts';

export type ListQuery = Readonly<{
  status?: PostStatus | undefined;
  authorId?: string | undefined;
  tags?: readonly string[] | undefined;
  words?: string | undefined;
}>;

export type ListedPosts<Place> = PageOf<PostSummary, Place> & BoundedTotal;

const nothing = { items: [], next: undefined, total: 0, totalIsCapped: false } as const;

/** Pages of posts: published ones unless drafts are asked for, and of those only what the caller may see. */
export const createPostListService = ({ postList }: { postList: PostListRepository }) => ({
  async list(
    query: ListQuery & Readonly<{ start: PageStart<PostPlace>; limit: number; sort: PostSort }>,
    caller: Caller,
  ): Promise<ListedPosts<PostPlace>> {
    const filter = visibleOf(query, caller);
    if (filter === undefined) return nothing;
    const [page, counted] = await Promise.all([
      postList.listByTime({ filter, start: query.start, limit: query.limit }, query.sort),
      postList.count(filter, countLimit),
    ]);
    return { ...page, ...counted };
  },

  /** The best first, among the newest 1 000 matches. */
  async search(
    query: ListQuery & Readonly<{ start: PageStart<RankedPlace>; limit: number }>,
    caller: Caller,
  ): Promise<ListedPosts<RankedPlace>> {
    const filter = visibleOf(query, caller);
    if (filter === undefined) return nothing;
    const [page, counted] = await Promise.all([
      postList.listByRank({ filter, start: query.start, limit: query.limit }),
      postList.count(filter, rankedLimit),
    ]);
    return { ...page, ...counted };
  },
});

export type PostListService = ReturnType<typeof createPostListService>;

/** Undefined when the caller may see nothing of what was asked for. */
const visibleOf = (query: ListQuery, caller: Caller): PostFilter | undefined => {
  const status = query.status ?? 'published';
  const filter = { status, words: query.words, tagKeys: query.tags?.map(tagKey) };
  if (status === 'published' || isAdmin(caller)) return { ...filter, authorId: query.authorId };
  if (caller === undefined || (query.authorId !== undefined && query.authorId !== caller.id))
    return undefined;
  return { ...filter, authorId: caller.id };
};
