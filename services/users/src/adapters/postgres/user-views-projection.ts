import type { AnyTx, Database } from '@gatehouse/database';
import {
  createProjection,
  type EventStore,
  type Projection,
  type RecordedEvent,
  streamName,
} from '@gatehouse/event-store';
import type { Clock } from '@gatehouse/resilience';
import { type RawBuilder, sql } from 'kysely';
import type { AuditEntry } from '../../application/ports.ts';
import { evolveUserView, type UserView } from '../../application/queries/user-view.ts';
import { type UserEvent, userEventTypes } from '../../domain/user-events.ts';
import { toRecordedUserEvent } from '../event-store/user-history.ts';
import { toUserView, type ViewRow } from './view-rows.ts';

type Deps = Readonly<{
  database: Database;
  eventStore: EventStore;
  clock: Clock;
  onError: (error: unknown) => void;
}>;

type Place = Readonly<{ tx: AnyTx; table: RawBuilder<unknown> }>;

/**
 * Keeps `user_views` up with the accounts' streams. When an event before the one at hand is missing (it was parked), the
 * view is made again from the whole stream, to its end: an account that is deleted by now must not come back.
 */
export const createUserViewsProjection = ({ eventStore, ...deps }: Deps): Projection => {
  const apply = async (event: AuditEntry, { tx, table }: Place): Promise<void> => {
    const kept = await findView({ tx, table }, event.userId);
    const view =
      event.version > (kept?.version ?? 0) + 1
        ? await foldStream(eventStore, event.userId, tx)
        : evolveUserView(kept, event);
    if (view === kept) return;
    await (view === undefined ? removeView({ tx, table }, event.userId) : putView({ tx, table }, view));
  };

  return createProjection({
    ...deps,
    name: 'user_views',
    categories: ['user'],
    types: userEventTypes,
    tables: ['user_views'],
    apply: async ({ events, tx, table }) => {
      for (const recorded of events) {
        const event = toRecordedUserEvent(recorded as RecordedEvent<UserEvent>);
        await apply(event, { tx, table: table('user_views') });
      }
    },
  });
};

const foldStream = async (
  eventStore: EventStore,
  userId: string,
  tx: AnyTx,
): Promise<UserView | undefined> => {
  const { events } = await eventStore.read<UserEvent>(streamName('user', userId), { tx });
  return events.map(toRecordedUserEvent).reduce<UserView | undefined>(evolveUserView, undefined);
};

const findView = async ({ tx, table }: Place, id: string): Promise<UserView | undefined> => {
  const { rows } = await sql<ViewRow>`
    select id, email, first_name, last_name, full_name, role, status, is_active, email_verified, created_at,
      last_login_at, version
    from ${table} where id = ${id}`.execute(tx);
  return rows[0] && toUserView(rows[0]);
};

const removeView = async ({ tx, table }: Place, id: string): Promise<void> => {
  await sql`delete from ${table} where id = ${id}`.execute(tx);
};

const putView = async ({ tx, table }: Place, view: UserView): Promise<void> => {
  await sql`
    insert into ${table} (id, email, first_name, last_name, full_name, role, status, is_active, email_verified,
      created_at, last_login_at, version)
    values (${view.id}, ${view.email}, ${view.firstName}, ${view.lastName}, ${view.fullName}, ${view.role},
      ${view.status}, ${view.isActive}, ${view.emailVerified}, ${view.createdAt}, ${view.lastLoginAt}, ${view.version})
    on conflict (id) do update set email = excluded.email, first_name = excluded.first_name,
      last_name = excluded.last_name, full_name = excluded.full_name, role = excluded.role, status = excluded.status,
      is_active = excluded.is_active, email_verified = excluded.email_verified,
      last_login_at = excluded.last_login_at, version = excluded.version`.execute(tx);
};
