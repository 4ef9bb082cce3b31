import type { NewEvent, Outbox } from '@gatehouse/messaging';
import type { Kysely, Transaction } from 'kysely';
import type { Post, PostStatus } from '../models/post.ts';
import { postError } from '../models/post-errors.ts';
import { slugCandidates } from '../models/slug.ts';
import { postCreated, postDeleted } from './post-events.ts';
import { fromPost, postColumns, toPost } from './post-row.ts';
import type { PostsSchema } from './tables.ts';
import { countTags } from './tags-repository.ts';

export type PostsTx = Transaction<PostsSchema>;

export type PostState = Pick<Post, 'id' | 'authorId' | 'status'>;

const stateColumns = ['id', 'author_id', 'status'] as const;

/**
 * Posts, one at a time. Whatever changes one takes the transaction it belongs to, and stores the row, the counts of its
 * tags and its event in it: all of them or none.
 */
export const createPostsRepository = ({ db, outbox }: { db: Kysely<PostsSchema>; outbox: Outbox }) => ({
  async find(by: Readonly<{ id: string } | { slug: string }>): Promise<Post | undefined> {
    const posts = db.selectFrom('posts').select(postColumns);
    const row = await ('id' in by ? posts.where('id', '=', by.id) : posts.where('slug', '=', by.slug))
      .limit(1)
      .executeTakeFirst();
    return row && toPost(row);
  },

  async listStates(ids: readonly string[]): Promise<readonly PostState[]> {
    if (ids.length === 0) return [];
    const rows = await db.selectFrom('posts').select(stateColumns).where('id', 'in', ids).execute();
    return rows.map(toState);
  },

  /** Holds off changes of the post until the transaction ends, and lets others hold it too. */
  async findStateAndHold(id: string, tx: PostsTx): Promise<PostState | undefined> {
    const row = await tx
      .selectFrom('posts')
      .select(stateColumns)
      .where('id', '=', id)
      .forShare()
      .executeTakeFirst();
    return row && toState(row);
  },

  /** Locks the post until the transaction ends, so that its changes come one after another. */
  async findForChange(id: string, tx: PostsTx): Promise<Post | undefined> {
    const row = await tx
      .selectFrom('posts')
      .select(postColumns)
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
    return row && toPost(row);
  },

  /**
   * Stores a new post under the first slug that is free: the database's constraint decides, also between two that are
   * stored at the same time, and the number of tries is bounded.
   *
   * @throws slug_taken when every candidate is
   */
  async add(draft: Omit<Post, 'slug'>, tx: PostsTx): Promise<Post> {
    for (const slug of slugCandidates(draft.title, draft.id)) {
      const post: Post = { ...draft, slug };
      const stored = await tx
        .insertInto('posts')
        .values(fromPost(post))
        .onConflict((conflict) => conflict.column('slug').doNothing())
        .returning('id')
        .executeTakeFirst();
      if (stored === undefined) continue;

      await countTags(tx, undefined, post);
      await outbox.append(tx, [postCreated(post)]);
      return post;
    }
    throw postError('slug_taken');
  },

  /** Stores a change of a post that `findForChange` has locked, and the event that says so. */
  async save(change: Readonly<{ before: Post; after: Post; event: NewEvent }>, tx: PostsTx): Promise<void> {
    const { before, after, event } = change;
    await tx.updateTable('posts').set(fromPost(after)).where('id', '=', after.id).execute();
    await countTags(tx, before, after);
    await outbox.append(tx, [event]);
  },

  /** Deletes a post that `findForChange` has locked. */
  async remove(post: Post, tx: PostsTx): Promise<void> {
    await tx.deleteFrom('posts').where('id', '=', post.id).execute();
    await countTags(tx, post, undefined);
    await outbox.append(tx, [postDeleted(post)]);
  },

  /** Deletes up to `limit` drafts of an author; answers how many there were. Drafts are in no count of tags. */
  async removeDrafts(of: Readonly<{ authorId: string; limit: number }>, tx: PostsTx): Promise<number> {
    const removed = await tx
      .deleteFrom('posts')
      .where('id', 'in', (drafts) =>
        drafts
          .selectFrom('posts')
          .select('id')
          .where('author_id', '=', of.authorId)
          .where('status', '=', 'draft')
          .orderBy('id')
          .limit(of.limit)
          .forUpdate(),
      )
      .returning(['id', 'author_id', 'version'])
      .execute();
    const events = removed.map((row) =>
      postDeleted({ id: row.id, authorId: row.author_id, version: row.version }),
    );
    if (events.length > 0) await outbox.append(tx, events);
    return removed.length;
  },
});

export type PostsRepository = ReturnType<typeof createPostsRepository>;

const toState = (row: { id: string; author_id: string; status: PostStatus }): PostState => ({
  id: row.id,
  authorId: row.author_id,
  status: row.status,
});
