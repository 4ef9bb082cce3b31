import { type Kysely, sql } from 'kysely';
import type { Author } from '../models/author.ts';
import type { PostsTx } from './posts-repository.ts';
import type { PostsSchema } from './tables.ts';

const columns = ['id', 'full_name', 'renames', 'deleted'] as const;

/** One fact about a person, as of a version of the account: older facts than the newest known one change nothing. */
export type AuthorFact = Readonly<{ id: string; version: number; fullName: string }>;

export const createAuthorsRepository = ({ db }: { db: Kysely<PostsSchema> }) => ({
  async listByIds(ids: readonly string[], tx?: PostsTx): Promise<readonly Author[]> {
    if (ids.length === 0) return [];
    const rows = await (tx ?? db).selectFrom('authors').select(columns).where('id', 'in', ids).execute();
    return rows.map(toAuthor);
  },

  /** Holds off the author's deletion until the transaction ends, so that no post appears after it. */
  async findAndHold(id: string, tx: PostsTx): Promise<Author | undefined> {
    const row = await tx
      .selectFrom('authors')
      .select(columns)
      .where('id', '=', id)
      .forShare()
      .executeTakeFirst();
    return row && toAuthor(row);
  },

  async rename(fact: AuthorFact, tx: PostsTx): Promise<void> {
    await sql`
      insert into authors (id, full_name, version) values (${fact.id}, ${fact.fullName}, ${fact.version})
      on conflict (id) do update set
        full_name = excluded.full_name,
        version = excluded.version,
        renames = authors.renames + (authors.full_name is distinct from excluded.full_name)::integer
      where authors.version < excluded.version and not authors.deleted`.execute(tx);
  },

  /** Leaves a row without a name. It says for good that the account is gone: late events about it change nothing. */
  async markDeleted(gone: Readonly<{ id: string; version: number }>, tx: PostsTx): Promise<void> {
    await sql`
      insert into authors (id, full_name, version, deleted) values (${gone.id}, null, ${gone.version}, true)
      on conflict (id) do update set
        full_name = null,
        version = greatest(authors.version, excluded.version),
        renames = authors.renames + 1,
        deleted = true
      where not authors.deleted`.execute(tx);
  },
});

export type AuthorsRepository = ReturnType<typeof createAuthorsRepository>;

const toAuthor = (row: {
  id: string;
  full_name: string | null;
  renames: number;
  deleted: boolean;
}): Author => ({ id: row.id, fullName: row.full_name, renames: row.renames, deleted: row.deleted });
