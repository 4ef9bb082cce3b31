import type { AnyDb } from '@gatehouse/database';
import { type RawBuilder, sql } from 'kysely';
import type { UserFilter, UserViews } from '../../application/ports.ts';
import { toUserView, type ViewRow } from './view-rows.ts';

/** A larger number is not counted: it would cost a scan. */
const countLimit = 10_000;

/** The read model. What it says comes from its own table alone. */
export const createPostgresViews = (db: AnyDb): UserViews => ({
  async find(id) {
    const { rows } = await sql<ViewRow>`
      select id, email, first_name, last_name, full_name, role, status, is_active, email_verified, created_at,
        last_login_at, version
      from user_views where id = ${id}`.execute(db);
    return rows[0] && toUserView(rows[0]);
  },

  async list(filter, { page, limit, after }) {
    const wanted = conditionsOf(filter);
    const start =
      after === undefined
        ? sql`true`
        : sql`(created_at, id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`;
    const { rows } = await sql<ViewRow>`
      select id, email, first_name, last_name, full_name, role, status, is_active, email_verified, created_at,
        last_login_at, version
      from user_views where ${wanted} and ${start}
      order by created_at desc, id desc
      limit ${limit + 1} offset ${after === undefined ? (page - 1) * limit : 0}`.execute(db);
    const { rows: counted } = await sql<{ total: number }>`
      select count(*)::integer as total
      from (select 1 from user_views where ${wanted} limit ${countLimit + 1}) as counted`.execute(db);
    const total = counted[0]?.total ?? 0;
    return {
      items: rows.slice(0, limit).map(toUserView),
      total: Math.min(total, countLimit),
      totalIsCapped: total > countLimit,
      hasMore: rows.length > limit,
    };
  },
});

const conditionsOf = ({ isActive, createdAfter, createdBefore, q }: UserFilter): RawBuilder<unknown> => {
  const conditions = [sql`true`];
  if (isActive !== undefined) conditions.push(sql`is_active = ${isActive}`);
  if (createdAfter !== undefined) conditions.push(sql`created_at > ${createdAfter}::timestamptz`);
  if (createdBefore !== undefined) conditions.push(sql`created_at < ${createdBefore}::timestamptz`);
  if (q !== undefined) {
    const part = `%${q.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
    conditions.push(sql`(email ilike ${part} or full_name ilike ${part})`);
  }
  return sql.join(conditions, sql` and `);
};
