import type { Kysely } from 'kysely';
import type { Thread } from './comment.ts';
import type { CommentsSchema } from './comment-tables.ts';
import type { CommentsTx } from './comments-repository.ts';

const columns = ['post_id', 'post_author_id', 'open'] as const;

export const createThreadsRepository = ({ db }: { db: Kysely<CommentsSchema> }) => ({
  async find(postId: string): Promise<Thread | undefined> {
    const row = await db
      .selectFrom('comment_threads')
      .select(columns)
      .where('post_id', '=', postId)
      .executeTakeFirst();
    return row && toThread(row);
  },

  async save(thread: Thread, tx: CommentsTx): Promise<void> {
    const known = { post_author_id: thread.postAuthorId, open: thread.open };
    await tx
      .insertInto('comment_threads')
      .values({ post_id: thread.postId, ...known })
      .onConflict((conflict) => conflict.column('post_id').doUpdateSet(known))
      .execute();
  },

  /** Its comments have to be gone. */
  async remove(postId: string, tx: CommentsTx): Promise<void> {
    await tx.deleteFrom('comment_threads').where('post_id', '=', postId).execute();
  },

  /** Up to `limit` threads in the order of their posts' ids, after one of them. */
  async listAfter(postId: string | undefined, limit: number): Promise<readonly Thread[]> {
    let query = db.selectFrom('comment_threads').select(columns).orderBy('post_id').limit(limit);
    if (postId !== undefined) query = query.where('post_id', '>', postId);
    return (await query.execute()).map(toThread);
  },
});

export type ThreadsRepository = ReturnType<typeof createThreadsRepository>;

const toThread = (row: { post_id: string; post_author_id: string; open: boolean }): Thread => ({
  postId: row.post_id,
  postAuthorId: row.post_author_id,
  open: row.open,
});
