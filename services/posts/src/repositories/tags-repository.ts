import { type Kysely, sql, type Transaction } from 'kysely';
import type { Post } from '../models/post.ts';
import { tagKey } from '../models/tags.ts';
import type { PostsSchema } from './tables.ts';

const listLimit = 1_000;

export type TagCount = Readonly<{ tag: string; count: number }>;

export const createTagsRepository = ({ db }: { db: Kysely<PostsSchema> }) => ({
  /** Tags of published posts, most used first, at most 1 000. */
  async list(): Promise<readonly TagCount[]> {
    const rows = await db
      .selectFrom('tag_counts')
      .select(['tag', 'posts'])
      .orderBy('posts', 'desc')
      .orderBy('key')
      .limit(listLimit)
      .execute();
    return rows.map(({ tag, posts }) => ({ tag, count: posts }));
  },
});

export type TagsRepository = ReturnType<typeof createTagsRepository>;

/**
 * Counts a post's change; only published posts are counted. The counters are locked in the order of their keys, so that
 * two posts with the same tags cannot lock each other out.
 */
export const countTags = async (
  tx: Transaction<PostsSchema>,
  before: Post | undefined,
  after: Post | undefined,
): Promise<void> => {
  const was = countedTags(before);
  const is = countedTags(after);
  const changes = [
    ...[...is].filter(([key]) => !was.has(key)).map(([key, tag]) => ({ key, tag, by: 1 })),
    ...[...was].filter(([key]) => !is.has(key)).map(([key, tag]) => ({ key, tag, by: -1 })),
  ];
  if (changes.length === 0) return;

  await sql`
    insert into tag_counts (key, tag, posts)
    select key, tag, by
    from unnest(${changes.map(({ key }) => key)}::text[], ${changes.map(({ tag }) => tag)}::text[],
      ${changes.map(({ by }) => by)}::integer[]) as change (key, tag, by)
    order by key
    on conflict (key) do update set posts = tag_counts.posts + excluded.posts`.execute(tx);

  const lessUsed = changes.filter(({ by }) => by < 0).map(({ key }) => key);
  if (lessUsed.length > 0) {
    await tx.deleteFrom('tag_counts').where('key', 'in', lessUsed).where('posts', '<=', 0).execute();
  }
};

const countedTags = (post: Post | undefined): ReadonlyMap<string, string> =>
  new Map(post?.status === 'published' ? post.tags.map((tag) => [tagKey(tag), tag]) : []);
