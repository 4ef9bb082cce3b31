import type { ExportedUser } from '@gatehouse/contracts';
import type { AnyDb } from '@gatehouse/database';
import { sql } from 'kysely';
import { fullNameOf } from '../../domain/person-name.ts';
import { statusOf } from '../../domain/user.ts';

export type ExportUsers = (
  page: Readonly<{ after?: string | undefined; limit: number }>,
) => Promise<Readonly<{ items: readonly ExportedUser[]; next: string | undefined }>>;

/**
 * The write model, page by page, for services that listen since a later moment than the accounts exist: tombstones too, no
 * address, nothing secret. An id never changes and no row ever goes, so whoever follows the pages meets every account that
 * was there when it began.
 */
export const createExportUsers =
  ({ db }: Readonly<{ db: AnyDb }>): ExportUsers =>
  async ({ after, limit }) => {
    const { rows } = await sql<ExportRow>`
      select id, first_name, last_name, email_verified, is_active, version, deleted_at is not null as deleted
      from users where ${after === undefined ? sql`true` : sql`id > ${after}::uuid`}
      order by id limit ${limit + 1}`.execute(db);
    const items = rows.slice(0, limit).map(toExportedUser);
    return { items, next: rows.length > limit ? items.at(-1)?.id : undefined };
  };

type ExportRow = Readonly<{
  id: string;
  first_name: string;
  last_name: string;
  email_verified: boolean;
  is_active: boolean;
  version: number;
  deleted: boolean;
}>;

const toExportedUser = (row: ExportRow): ExportedUser => {
  const names = { firstName: row.first_name, lastName: row.last_name };
  const account = { isActive: row.is_active, emailVerified: row.email_verified };
  return {
    id: row.id,
    ...names,
    fullName: row.deleted ? '' : fullNameOf(names),
    status: row.deleted ? 'deleted' : statusOf(account),
    isActive: row.is_active,
    aggregateversion: row.version,
  };
};
