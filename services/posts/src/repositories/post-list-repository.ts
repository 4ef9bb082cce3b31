import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import type { PostSummary } from '../models/post.ts';
import type {
  BoundedTotal,
  PageOf,
  PageStart,
  PostFilter,
  PostPlace,
  PostSort,
  RankedPlace,
} from '../models/post-list.ts';
import { type PostSummaryRow, summaryColumns, toSummary } from './post-row.ts';
import type { PostsSchema } from './tables.ts';

/** No count goes further than this. */
export const countLimit = 10_000;

/** A search ranks this many of its newest matches: ranking reads the words of every post that it weighs. */
export const rankedLimit = 1_000;

const sortColumns = {
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  publishedAt: 'listed_at',
} as const;

type Query<Row> = Readonly<{ filter: PostFilter; start: PageStart<Row>; limit: number }>;

/** Pages of posts without their content. */
export const createPostListRepository = ({ db }: { db: Kysely<PostsSchema> }) => ({
  /** In the order of a time, with the id as tie-breaker. From a place on, the index is entered there: depth costs nothing. */
  async listByTime(
    { filter, start, limit }: Query<PostPlace>,
    sort: PostSort,
  ): Promise<PageOf<PostSummary, PostPlace>> {
    const descending = sort.startsWith('-');
    const column = sortColumns[sort.replace('-', '') as keyof typeof sortColumns];
    const direction = descending ? 'desc' : 'asc';
    const beyond = sql.raw(descending ? '<' : '>');

    let query = matching(db, filter)
      .select([...summaryColumns, `${column} as at`])
      .orderBy(column, direction)
      .orderBy('id', direction)
      .limit(limit + 1);
    query =
      'after' in start
        ? query.where(
            sql<boolean>`(${sql.ref(column)}, id) ${beyond} (${start.after.at}::timestamptz, ${start.after.id}::uuid)`,
          )
        : query.offset(start.skip);

    return toPage(await query.execute(), limit, (row) => ({ at: row.at.toISOString(), id: row.id }));
  },

  /** The newest 1 000 matches of a search, best first. */
  async listByRank({ filter, start, limit }: Query<RankedPlace>): Promise<PageOf<PostSummary, RankedPlace>> {
    const matches = matching(db, filter)
      .select([...summaryColumns, 'created_at as at', 'search'])
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(rankedLimit);
    const ranked = db
      .selectFrom(matches.as('matches'))
      .select([...summaryColumns, 'at'])
      .select(sql<number>`ts_rank(search, ${searchOf(filter)})`.as('rank'));

    let query = db
      .selectFrom(ranked.as('ranked'))
      .select([...summaryColumns, 'at', 'rank'])
      .orderBy('rank', 'desc')
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1);
    query =
      'after' in start
        ? query.where(
            sql<boolean>`(rank, at, id) < (${start.after.rank}::real, ${start.after.at}::timestamptz, ${start.after.id}::uuid)`,
          )
        : query.offset(start.skip);

    return toPage(await query.execute(), limit, (row) => ({
      rank: row.rank,
      at: row.at.toISOString(),
      id: row.id,
    }));
  },

  /** Counts up to `bound` and no further. */
  async count(filter: PostFilter, bound: number): Promise<BoundedTotal> {
    const { total } = await db
      .selectFrom(
        matching(db, filter)
          .select('id')
          .limit(bound + 1)
          .as('counted'),
      )
      .select(sql<number>`count(*)::integer`.as('total'))
      .executeTakeFirstOrThrow();
    return { total: Math.min(total, bound), totalIsCapped: total > bound };
  },
});

export type PostListRepository = ReturnType<typeof createPostListRepository>;

// biome-ignore lint/complexity/noBannedTypes: Kysely's own type of a query that selects nothing yet
type Unselected = SelectQueryBuilder<PostsSchema, 'posts', {}>;

const matching = (db: Kysely<PostsSchema>, filter: PostFilter): Unselected => {
  let query: Unselected = db.selectFrom('posts').where('status', '=', filter.status);
  if (filter.authorId !== undefined) query = query.where('author_id', '=', filter.authorId);
  if (filter.tagKeys !== undefined) query = query.where(sql<boolean>`tag_keys && ${filter.tagKeys}::text[]`);
  if (filter.words !== undefined) query = query.where(sql<boolean>`search @@ ${searchOf(filter)}`);
  return query;
};

const searchOf = ({ words }: PostFilter) => sql`websearch_to_tsquery('english', ${words})`;

const toPage = <Row extends PostSummaryRow, Place>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => Place,
): PageOf<PostSummary, Place> => {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(toSummary),
    next: rows.length > limit && last !== undefined ? placeOf(last) : undefined,
  };
};
