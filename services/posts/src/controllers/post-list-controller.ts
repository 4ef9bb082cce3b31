import { createCursor, pageReply, type Reply, type Route, route } from '@gatehouse/service-kit';
import type { z } from 'zod';
import type { Caller } from '../models/caller.ts';
import { postError } from '../models/post-errors.ts';
import type { PageStart, PostPlace, PostSort, RankedPlace } from '../models/post-list.ts';
import type { ListQuery, PostListService } from '../services/post-list-service.ts';
import { excerptView, postQuery, rankCursor, timeCursor } from './post-schemas.ts';
import { toExcerptView } from './post-views.ts';

type Query = z.output<typeof postQuery>;

const timeCursors = createCursor(timeCursor);
const rankCursors = createCursor(rankCursor);

/** Pages of posts, by time or by relevance. */
export const postListController = ({ postList }: { postList: PostListService }): readonly Route[] => {
  const listByTime = async (query: Query, sort: PostSort, caller: Caller): Promise<Reply> => {
    const found = await postList.list(
      { ...toListQuery(query), start: startByTime(query, sort), limit: query.limit, sort },
      caller,
    );
    const nextCursor = found.next && timeCursors.encode({ sort, ...found.next });
    return pageReply({ ...query, ...found, items: found.items.map(toExcerptView), nextCursor });
  };

  const listByRank = async (query: Query, caller: Caller): Promise<Reply> => {
    const found = await postList.search(
      { ...toListQuery(query), start: startByRank(query), limit: query.limit },
      caller,
    );
    const nextCursor = found.next && rankCursors.encode(found.next);
    return pageReply({ ...query, ...found, items: found.items.map(toExcerptView), nextCursor });
  };

  return [
    route(
      'GET /api/posts',
      {
        auth: 'optional',
        query: postQuery,
        summary: 'List posts, without their content',
        tag: 'posts',
        responses: { 200: excerptView.array() },
      },
      ({ query, principal }) => {
        const sort = query.sort ?? (query.q === undefined ? '-createdAt' : 'relevance');
        return sort === 'relevance' ? listByRank(query, principal) : listByTime(query, sort, principal);
      },
    ),
  ];
};

const toListQuery = ({ status, authorId, tags, q }: Query): ListQuery => ({
  status,
  authorId,
  tags,
  words: q,
});

const startByTime = (query: Query, sort: PostSort): PageStart<PostPlace> => {
  if (query.cursor === undefined) return { skip: skipped(query) };
  const { at, id, sort: sortOfCursor } = timeCursors.decode(query.cursor);
  if (sortOfCursor !== sort)
    throw postError('validation_failed', {
      message: 'The cursor is not one of this list.',
      details: { errors: [{ path: '/cursor', message: `It continues a list sorted by ${sortOfCursor}.` }] },
    });
  return { after: { at, id } };
};

const startByRank = (query: Query): PageStart<RankedPlace> =>
  query.cursor === undefined ? { skip: skipped(query) } : { after: rankCursors.decode(query.cursor) };

const skipped = ({ page, limit }: Query): number => (page - 1) * limit;
