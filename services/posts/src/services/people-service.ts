import type { Author } from '../models/author.ts';
import type { AuthorFact, AuthorsRepository } from '../repositories/authors-repository.ts';
import type { PostsRepository, PostsTx } from '../repositories/posts-repository.ts';

const draftsAtOnce = 500;

/** What this service knows of people, and what becomes of their posts when they go. */
export const createPeopleService = (deps: { authors: AuthorsRepository; posts: PostsRepository }) => ({
  /** Known ones among these ids, in no order; a deleted one is there, without a name. */
  listByIds(ids: readonly string[], tx?: PostsTx): Promise<readonly Author[]> {
    return deps.authors.listByIds(ids, tx);
  },

  findAndHold(id: string, tx: PostsTx): Promise<Author | undefined> {
    return deps.authors.findAndHold(id, tx);
  },

  rename(fact: AuthorFact, tx: PostsTx): Promise<void> {
    return deps.authors.rename(fact, tx);
  },

  /**
   * Published posts stay, without their author's name: others have linked to them and commented on them. Drafts were
   * nobody else's business and go.
   */
  async forget(gone: Readonly<{ id: string; version: number }>, tx: PostsTx): Promise<void> {
    // First the mark: it waits for a post that is being written, and lets no later one begin.
    await deps.authors.markDeleted(gone, tx);
    let removed: number;
    do removed = await deps.posts.removeDrafts({ authorId: gone.id, limit: draftsAtOnce }, tx);
    while (removed === draftsAtOnce);
  },
});

export type PeopleService = ReturnType<typeof createPeopleService>;
