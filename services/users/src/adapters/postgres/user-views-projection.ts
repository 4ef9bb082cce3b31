import type { AnyTx, Database } from '@gatehouse/database';
import { createProjection, type Projection, type RecordedEvent } from '@gatehouse/event-store';
import type { Clock } from '@gatehouse/resilience';
import { sql } from 'kysely';
import { evolveUserView, type UserView } from '../../application/queries/user-view.ts';
import type { UserEvent } from '../../domain/user-events.ts';
import { toRecordedUserEvent } from '../event-store/user-history.ts';
import { toUserView, type ViewRow } from './view-rows.ts';

type Deps = Readonly<{ database: Database; clock: Clock; onError: (error: unknown) => void }>;

/** Keeps `user_views` up with the accounts' streams. */
export const createUserViewsProjection = (deps: Deps): Projection =>
  createProjection({
    ...deps,
    name: 'user_views',
    categories: ['user'],
    handle: async (recorded, tx) => {
      const event = toRecordedUserEvent(recorded as RecordedEvent<UserEvent>);
      const kept = await findView(tx, event.userId);
      const view = evolveUserView(kept, event);
      if (view === kept) return;
      await (view === undefined ? removeView(tx, event.userId) : putView(tx, view));
    },
  });

const findView = async (tx: AnyTx, id: string): Promise<UserView | undefined> => {
  const { rows } = await sql<ViewRow>`
    select id, email, first_name, last_name, full_name, role, status, is_active, email_verified, created_at,
      last_login_at, version
    from user_views where id = ${id} for update`.execute(tx);
  return rows[0] && toUserView(rows[0]);
};

const removeView = async (tx: AnyTx, id: string): Promise<void> => {
  await sql`delete from user_views where id = ${id}`.execute(tx);
};

const putView = async (tx: AnyTx, view: UserView): Promise<void> => {
  await sql`
    insert into user_views (id, email, first_name, last_name, full_name, role, status, is_active, email_verified,
      created_at, last_login_at, version)
    values (${view.id}, ${view.email}, ${view.firstName}, ${view.lastName}, ${view.fullName}, ${view.role},
      ${view.status}, ${view.isActive}, ${view.emailVerified}, ${view.createdAt}, ${view.lastLoginAt}, ${view.version})
    on conflict (id) do update set email = excluded.email, first_name = excluded.first_name,
      last_name = excluded.last_name, full_name = excluded.full_name, role = excluded.role, status = excluded.status,
      is_active = excluded.is_active, email_verified = excluded.email_verified,
      last_login_at = excluded.last_login_at, version = excluded.version`.execute(tx);
};
