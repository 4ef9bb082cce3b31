import type { PeopleLookup, PluginInfrastructure, PostLookup, PostState } from '../../src/plugin-services.ts';
import type { Thread } from './comment.ts';
import type { CommentsRepository, CommentsTx } from './comments-repository.ts';
import type { ThreadsRepository } from './threads-repository.ts';

const atOnce = 500;

export const toThread = (post: PostState): Thread => ({
  postId: post.id,
  postAuthorId: post.authorId,
  open: post.status === 'published',
});

type ThreadKeeperDeps = Readonly<{
  comments: CommentsRepository;
  threads: ThreadsRepository;
  posts: PostLookup;
  people: PeopleLookup;
  transact: PluginInfrastructure['transact'];
}>;

/**
 * Keeps comments in step with posts and people. An event only says where to look: what is done follows from what the post
 * or the person is now, so that events may come late, twice or never (while the plugin was inactive) and `reconcile` can do
 * the same without them.
 */
export const createThreadKeeper = (deps: ThreadKeeperDeps) => {
  const { comments, threads, posts, people, transact } = deps;

  const removeAll = async (
    which: Parameters<CommentsRepository['remove']>[0],
    tx: CommentsTx,
  ): Promise<void> => {
    let removed: number;
    do removed = await comments.remove(which, atOnce, tx);
    while (removed === atOnce);
  };

  /** Opens or closes the comments of a post; those of a post that is gone go too. */
  const followPost = async (postId: string, tx: CommentsTx): Promise<void> => {
    const post = await posts.findAndHold(postId, tx);
    if (post !== undefined) return threads.save(toThread(post), tx);
    await removeAll({ postId }, tx);
    await threads.remove(postId, tx);
  };

  /** Of somebody whose account is gone, what was approved stays without a name; the rest goes. */
  const forgetPerson = (userId: string, tx: CommentsTx): Promise<void> =>
    removeAll({ unapprovedOf: userId }, tx);

  const reconcilePosts = async (): Promise<void> => {
    let page: readonly Thread[] = [];
    do {
      page = await threads.listAfter(page.at(-1)?.postId, atOnce);
      const states = await posts.listStates(page.map(({ postId }) => postId));
      const byId = new Map(states.map((post) => [post.id, toThread(post)]));
      const stale = page.filter((thread) => byId.get(thread.postId)?.open !== thread.open);
      for (const { postId } of stale) await transact((tx) => followPost(postId, tx));
    } while (page.length === atOnce);
  };

  const reconcilePeople = async (): Promise<void> => {
    let page: readonly string[] = [];
    do {
      page = await comments.listAuthorsOfUnapproved(page.at(-1), atOnce);
      const gone = (await people.listByIds(page)).filter(({ deleted }) => deleted);
      for (const { id } of gone) await transact((tx) => forgetPerson(id, tx));
    } while (page.length === atOnce);
  };

  return {
    followPost,
    forgetPerson,

    /** Makes up for every event that was not heard. Once at each activation, when the subscription already runs. */
    async reconcile(): Promise<void> {
      await reconcilePosts();
      await reconcilePeople();
    },
  };
};

export type ThreadKeeper = ReturnType<typeof createThreadKeeper>;
