import type { NewEvent, Outbox } from '@gatehouse/messaging';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { Comment, CommentInThread, CommentPageStart, CommentPlace } from './comment.ts';
import { commentDeleted } from './comment-events.ts';
import type { CommentsSchema, CommentsTable } from './comment-tables.ts';

export type CommentsTx = Transaction<CommentsSchema>;

/** Whose unapproved comments are shown: nobody's, one person's own, or all. */
export type CommentFilter = Readonly<{
  postId: string;
  unapproved: 'none' | 'all' | Readonly<{ of: string }>;
}>;

export type CommentPage = Readonly<{ items: readonly Comment[]; next: CommentPlace | undefined }>;

const columns = [
  'comments.id',
  'comments.post_id',
  'author_id',
  'content',
  'status',
  'version',
  'created_at',
  'updated_at',
] as const;

/** Comments. Whatever changes one takes the transaction that it belongs to, and stores row and event in it. */
export const createCommentsRepository = (deps: { db: Kysely<CommentsSchema>; outbox: Outbox }) => ({
  /** Newest first. From a place on, the index is entered there: depth costs nothing. */
  async list(
    filter: CommentFilter,
    { start, limit }: Readonly<{ start: CommentPageStart; limit: number }>,
  ): Promise<CommentPage> {
    let query = matching(deps.db, filter)
      .select(columns)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1);
    query =
      'after' in start
        ? query.where(
            sql<boolean>`(created_at, id) < (${start.after.at}::timestamptz, ${start.after.id}::uuid)`,
          )
        : query.offset(start.skip);
    const rows = await query.execute();
    const items = rows.slice(0, limit).map(toComment);
    const last = items.at(-1);
    const isMore = rows.length > limit && last !== undefined;
    return { items, next: isMore ? { at: last.createdAt.toISOString(), id: last.id } : undefined };
  },

  /** Counts up to `bound` and no further. */
  async count(filter: CommentFilter, bound: number): Promise<{ total: number; totalIsCapped: boolean }> {
    const { total } = await deps.db
      .selectFrom(
        matching(deps.db, filter)
          .select('comments.id')
          .limit(bound + 1)
          .as('counted'),
      )
      .select(sql<number>`count(*)::integer`.as('total'))
      .executeTakeFirstOrThrow();
    return { total: Math.min(total, bound), totalIsCapped: total > bound };
  },

  /** Locks the comment until the transaction ends. */
  async findForChange(id: string, tx: CommentsTx): Promise<CommentInThread | undefined> {
    const row = await tx
      .selectFrom('comments')
      .innerJoin('comment_threads', 'comment_threads.post_id', 'comments.post_id')
      .select([...columns, 'post_author_id', 'open'])
      .where('comments.id', '=', id)
      .forUpdate('comments')
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const thread = { postId: row.post_id, postAuthorId: row.post_author_id, open: row.open };
    return { comment: toComment(row), thread };
  },

  async add(comment: Comment, event: NewEvent, tx: CommentsTx): Promise<void> {
    await tx
      .insertInto('comments')
      .values({ ...fromComment(comment), id: comment.id, post_id: comment.postId })
      .execute();
    await deps.outbox.append(tx, [event]);
  },

  /** An edit is announced to nobody: `events` may be empty. */
  async save(comment: Comment, events: readonly NewEvent[], tx: CommentsTx): Promise<void> {
    await tx.updateTable('comments').set(fromComment(comment)).where('id', '=', comment.id).execute();
    if (events.length > 0) await deps.outbox.append(tx, events);
  },

  /** Deletes up to `limit` of the comments that fit; answers how many there were. */
  async remove(
    which: Readonly<{ id: string } | { postId: string } | { unapprovedOf: string }>,
    limit: number,
    tx: CommentsTx,
  ): Promise<number> {
    const removed = await tx
      .deleteFrom('comments')
      .where('id', 'in', (chosen) => {
        const ids = chosen.selectFrom('comments').select('id').orderBy('id').limit(limit).forUpdate();
        if ('id' in which) return ids.where('id', '=', which.id);
        if ('postId' in which) return ids.where('post_id', '=', which.postId);
        return ids.where('author_id', '=', which.unapprovedOf).where('status', '!=', 'approved');
      })
      .returning(columns)
      .execute();
    if (removed.length > 0) {
      await deps.outbox.append(
        tx,
        removed.map((row) => commentDeleted(toComment(row))),
      );
    }
    return removed.length;
  },

  /** Up to `limit` people who have unapproved comments, in the order of their ids, after one of them. */
  async listAuthorsOfUnapproved(after: string | undefined, limit: number): Promise<readonly string[]> {
    let query = deps.db
      .selectFrom('comments')
      .select('author_id')
      .distinct()
      .where('status', '!=', 'approved')
      .orderBy('author_id')
      .limit(limit);
    if (after !== undefined) query = query.where('author_id', '>', after);
    return (await query.execute()).map((row) => row.author_id);
  },
});

export type CommentsRepository = ReturnType<typeof createCommentsRepository>;

const matching = (db: Kysely<CommentsSchema>, { postId, unapproved }: CommentFilter) => {
  const onPost = db.selectFrom('comments').where('post_id', '=', postId);
  if (unapproved === 'all') return onPost;
  if (unapproved === 'none') return onPost.where('status', '=', 'approved');
  return onPost.where((or) => or.or([or('status', '=', 'approved'), or('author_id', '=', unapproved.of)]));
};

const toComment = (row: Selectable<CommentsTable>): Comment => ({
  id: row.id,
  postId: row.post_id,
  authorId: row.author_id,
  content: row.content,
  status: row.status,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const fromComment = (comment: Comment) => ({
  author_id: comment.authorId,
  content: comment.content,
  status: comment.status,
  version: comment.version,
  created_at: comment.createdAt,
  updated_at: comment.updatedAt,
});
