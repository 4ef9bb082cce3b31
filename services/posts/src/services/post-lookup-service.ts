import type { PostState, PostsRepository, PostsTx } from '../repositories/posts-repository.ts';

/** What plugins may know of posts, without the rules that are for callers from outside. */
export const createPostLookupService = ({ posts }: { posts: PostsRepository }) => ({
  async find(id: string): Promise<PostState | undefined> {
    const [state] = await posts.listStates([id]);
    return state;
  },

  findAndHold(id: string, tx: PostsTx): Promise<PostState | undefined> {
    return posts.findStateAndHold(id, tx);
  },

  listStates(ids: readonly string[]): Promise<readonly PostState[]> {
    return posts.listStates(ids);
  },
});
