import type { Principal } from '@gatehouse/auth';
import type { Ids } from '@gatehouse/contracts';
import type { Clock } from '@gatehouse/resilience';
import type { PeopleLookup, Person, PostLookup } from '../../src/plugin-services.ts';
import type { Comment, CommentInThread, CommentPageStart, CommentPlace } from './comment.ts';
import { type Caller, getChangeable, getModeratable, moderates } from './comment-access.ts';
import { commentError } from './comment-errors.ts';
import { commentCreated, commentModerated } from './comment-events.ts';
import type { CommentsRepository, CommentsTx } from './comments-repository.ts';
import { toThread } from './thread-keeper.ts';
import type { ThreadsRepository } from './threads-repository.ts';

/** No count goes further than this. */
const countLimit = 10_000;

/** A comment with what is known of its author; undefined when nothing has been heard of them yet. */
export type CommentWithAuthor = Readonly<{ comment: Comment; author: Person | undefined }>;

export type ListedComments = Readonly<{
  items: readonly CommentWithAuthor[];
  next: CommentPlace | undefined;
  total: number;
  totalIsCapped: boolean;
}>;

export type ChangeOf = Readonly<{ id: string; caller: Principal; ifMatch?: number | undefined }>;

type CommentsDeps = Readonly<{
  comments: CommentsRepository;
  threads: ThreadsRepository;
  posts: PostLookup;
  people: PeopleLookup;
  clock: Clock;
  ids: Ids;
}>;

/** What may be done with comments, by whom. Changes take the transaction that they belong to. */
export const createCommentsService = ({ comments, threads, posts, people, clock, ids }: CommentsDeps) => {
  const withAuthor = async (comment: Comment, tx: CommentsTx): Promise<CommentWithAuthor> => {
    const [author] = await people.listByIds([comment.authorId], tx);
    return { comment, author };
  };

  /** The thread as it is kept; one that is not open is looked at again, because its post may have just been published. */
  const findThread = async (postId: string) => {
    const thread = await threads.find(postId);
    if (thread?.open) return thread;
    const post = await posts.find(postId);
    return post && toThread(post);
  };

  const next = (comment: Comment): Comment => ({
    ...comment,
    version: comment.version + 1,
    updatedAt: new Date(clock.now()),
  });

  return {
    /** Newest first: the approved ones, the caller's own, and all of them for who moderates. */
    async list(
      query: Readonly<{ postId: string; start: CommentPageStart; limit: number }>,
      caller: Caller,
    ): Promise<ListedComments> {
      const thread = await findThread(query.postId);
      const isModerator = thread !== undefined && moderates(caller, thread);
      if (thread === undefined || !(thread.open || isModerator)) throw commentError('not_found');

      const ofCaller = caller === undefined ? 'none' : { of: caller.id };
      const filter = { postId: query.postId, unapproved: isModerator ? 'all' : ofCaller } as const;
      const [page, counted] = await Promise.all([
        comments.list(filter, query),
        comments.count(filter, countLimit),
      ]);
      const authors = await people.listByIds([...new Set(page.items.map(({ authorId }) => authorId))]);
      const byId = new Map(authors.map((author) => [author.id, author]));
      const items = page.items.map((comment) => ({ comment, author: byId.get(comment.authorId) }));
      return { ...counted, items, next: page.next };
    },

    /** Waits for approval unless it is by the author of the post. */
    async create(
      given: Readonly<{ postId: string; content: string }>,
      caller: Principal,
      tx: CommentsTx,
    ): Promise<CommentWithAuthor> {
      const author = await people.findAndHold(caller.id, tx);
      if (author?.deleted) throw commentError('author_deleted');
      const post = await posts.findAndHold(given.postId, tx);
      if (post === undefined) throw commentError('not_found');
      const thread = toThread(post);
      if (!thread.open) throw commentError(moderates(caller, thread) ? 'comments_closed' : 'not_found');
      await threads.save(thread, tx);

      const now = new Date(clock.now());
      const comment = {
        id: ids.next(),
        postId: given.postId,
        authorId: caller.id,
        content: given.content,
        status: caller.id === thread.postAuthorId ? 'approved' : 'pending',
        version: 1,
        createdAt: now,
        updatedAt: now,
      } as const;
      await comments.add(comment, commentCreated(comment, thread), tx);
      return { comment, author };
    },

    /** Another text needs another approval, unless a moderator wrote it. */
    async edit(of: ChangeOf, content: string, tx: CommentsTx): Promise<CommentWithAuthor> {
      const found = getChangeable(await comments.findForChange(of.id, tx), of.caller, of.ifMatch);
      const { comment, thread } = found;
      const isModerator = moderates(of.caller, thread);
      if (!thread.open && !isModerator) throw commentError('comments_closed');
      if (content === comment.content) return withAuthor(comment, tx);

      const edited: Comment = { ...next(comment), content, status: isModerator ? comment.status : 'pending' };
      await comments.save(edited, [], tx);
      return withAuthor(edited, tx);
    },

    /** Once is enough: the same decision again changes and says nothing. */
    async moderate(
      of: ChangeOf,
      outcome: 'approved' | 'rejected',
      tx: CommentsTx,
    ): Promise<CommentWithAuthor> {
      const found: CommentInThread = getModeratable(
        await comments.findForChange(of.id, tx),
        of.caller,
        of.ifMatch,
      );
      if (found.comment.status === outcome) return withAuthor(found.comment, tx);

      const moderated: Comment = { ...next(found.comment), status: outcome };
      await comments.save(moderated, [commentModerated(moderated, outcome)], tx);
      return withAuthor(moderated, tx);
    },

    async remove(of: ChangeOf, tx: CommentsTx): Promise<void> {
      getChangeable(await comments.findForChange(of.id, tx), of.caller, of.ifMatch);
      await comments.remove({ id: of.id }, 1, tx);
    },
  };
};

export type CommentsService = ReturnType<typeof createCommentsService>;
