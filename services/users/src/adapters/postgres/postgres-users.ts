import { type AnyTx, isUniqueViolation } from '@gatehouse/database';
import { type EventStore, streamName } from '@gatehouse/event-store';
import { currentContext, type Outbox } from '@gatehouse/messaging';
import { sql } from 'kysely';
import type { UserStore } from '../../application/ports.ts';
import type { User, UserChange } from '../../domain/user.ts';
import { userError } from '../../domain/user-errors.ts';
import type { Role } from '../../domain/user-events.ts';
import { publishedEvents } from '../messaging/published-events.ts';
import { erasePerson } from './erase-person.ts';

export type Recorders = Readonly<{ eventStore: EventStore; outbox: Outbox }>;

/** Accounts in PostgreSQL; each change, its stream and its outbox rows in the one transaction. */
export const postgresUsers = (tx: AnyTx, { eventStore, outbox }: Recorders): UserStore => {
  const record = async (change: UserChange): Promise<void> => {
    const { user, events } = change;
    const { correlationId, causationId } = currentContext() ?? {};
    const metadata = {
      ...(correlationId === undefined ? {} : { correlationId }),
      ...(causationId === undefined ? {} : { causationId }),
    };
    await eventStore.append(streamName('user', user.id), user.version - events.length, events, {
      tx,
      metadata,
    });
    await outbox.append(tx, publishedEvents(change));
  };

  const update = async ({ user, events }: UserChange): Promise<void> => {
    const { numAffectedRows } = await sql`
      update users set first_name = ${user.firstName}, last_name = ${user.lastName},
        password_hash = ${user.passwordHash}, role = ${user.role}, email_verified = ${user.emailVerified},
        is_active = ${user.isActive}, tokens_not_before = ${user.tokensNotBefore}, version = ${user.version}
      where id = ${user.id} and version = ${user.version - events.length} and deleted_at is null`.execute(tx);
    if (numAffectedRows !== 1n) throw userError('version_conflict');
  };

  return {
    async add(change) {
      await insert(tx, change.user);
      await record(change);
    },
    async find(id) {
      const { rows } = await sql<UserRow>`
        select id, email, first_name, last_name, password_hash, role, email_verified, is_active, tokens_not_before,
          created_at, version
        from users where id = ${id} and deleted_at is null for update`.execute(tx);
      return rows[0] && toUser(rows[0]);
    },
    async findByEmail(email) {
      const { rows } = await sql<UserRow>`
        select id, email, first_name, last_name, password_hash, role, email_verified, is_active, tokens_not_before,
          created_at, version
        from users where email = ${email}`.execute(tx);
      return rows[0] && toUser(rows[0]);
    },
    async save(change) {
      if (change.events.length === 0) return;
      await update(change);
      await record(change);
    },
    async bury(change) {
      await update(change);
      await record(change);
      await erasePerson(tx, change.user);
    },
    async countAdministrators() {
      // Two administrators who remove each other at the same moment take turns here.
      await sql`select pg_advisory_xact_lock(hashtextextended('gatehouse.users.administrators', 0))`.execute(
        tx,
      );
      const { rows } = await sql<{ count: number }>`
        select count(*)::integer as count from users where role = 'admin' and is_active`.execute(tx);
      return rows[0]?.count ?? 0;
    },
  };
};

const insert = async (tx: AnyTx, user: User): Promise<void> => {
  try {
    await sql`
      insert into users (id, email, first_name, last_name, password_hash, role, email_verified, is_active,
        tokens_not_before, created_at, version)
      values (${user.id}, ${user.email}, ${user.firstName}, ${user.lastName}, ${user.passwordHash}, ${user.role},
        ${user.emailVerified}, ${user.isActive}, ${user.tokensNotBefore}, ${user.createdAt}, ${user.version})`.execute(
      tx,
    );
  } catch (cause) {
    throw isUniqueViolation(cause, 'users_email') ? userError('email_taken', { cause }) : cause;
  }
};

type UserRow = Readonly<{
  id: string;
  email: string;
  first_name: string;
  last_name: string;
  password_hash: string;
  role: Role;
  email_verified: boolean;
  is_active: boolean;
  tokens_not_before: number;
  created_at: Date;
  version: number;
}>;

const toUser = (row: UserRow): User => ({
  id: row.id,
  email: row.email,
  firstName: row.first_name,
  lastName: row.last_name,
  passwordHash: row.password_hash,
  role: row.role,
  emailVerified: row.email_verified,
  isActive: row.is_active,
  tokensNotBefore: row.tokens_not_before,
  createdAt: row.created_at.toISOString(),
  version: row.version,
});
