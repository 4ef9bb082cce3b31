import { fullNameOf } from '../../domain/person-name.ts';
import { statusOf, type UserStatus } from '../../domain/user.ts';
import type { Role, UserEvent } from '../../domain/user-events.ts';
import type { RecordedUserEvent } from '../ports.ts';

/** An account as it is read: made of the account's events alone. */
export type UserView = Readonly<{
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  fullName: string;
  role: Role;
  status: UserStatus;
  isActive: boolean;
  emailVerified: boolean;
  createdAt: string;
  lastLoginAt: string | null;
  /** Of the account's stream: how far this view has read. */
  version: number;
}>;

/**
 * The view after one more event; undefined when there is none any more. An event that the view has seen already, or one
 * without what came before it, changes nothing.
 */
export const evolveUserView = (
  view: UserView | undefined,
  recorded: RecordedUserEvent,
): UserView | undefined => {
  if (recorded.version !== (view?.version ?? 0) + 1) return view;
  const { event, userId, version } = recorded;
  if (event.type === 'user-registered') return registered(event, userId);
  if (view === undefined || event.type === 'user-deleted') return undefined;
  const next = { ...view, ...changesOf(event), version };
  return { ...next, fullName: fullNameOf(next), status: statusOf(next) };
};

const registered = (event: Extract<UserEvent, { type: 'user-registered' }>, id: string): UserView => {
  const { email, firstName, lastName, role, emailVerified, at } = event;
  const facts = { id, email, firstName, lastName, role, emailVerified, isActive: true };
  return {
    ...facts,
    fullName: fullNameOf(facts),
    status: statusOf(facts),
    createdAt: at,
    lastLoginAt: null,
    version: 1,
  };
};

type Change = Exclude<UserEvent, { type: 'user-registered' | 'user-deleted' }>;

const changesOf = (event: Change): Partial<UserView> => {
  switch (event.type) {
    case 'user-verified':
      return { emailVerified: true };
    case 'user-renamed':
      return { firstName: event.firstName, lastName: event.lastName };
    case 'user-role-changed':
      return { role: event.role };
    case 'user-deactivated':
      return { isActive: false };
    case 'user-reactivated':
      return { isActive: true };
    case 'user-password-changed':
    case 'user-api-key-created':
    case 'user-api-key-revoked':
      return {};
    case 'user-logged-in':
      return { lastLoginAt: event.at };
  }
};
