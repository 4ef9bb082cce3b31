import {
  UserDeactivated,
  UserDeleted,
  UserLoggedIn,
  UserReactivated,
  UserRegistered,
  UserRoleChanged,
  UserUpdated,
  UserVerified,
} from '@gatehouse/contracts';
import { type NewEvent, newEvent } from '@gatehouse/messaging';
import { fullNameOf } from '../../domain/person-name.ts';
import type { UserChange } from '../../domain/user.ts';
import type { UserEvent } from '../../domain/user-events.ts';

/** What other services hear of a change: made from the domain events, which stay inside. No secret is in any of them. */
export const publishedEvents = ({ user, events }: UserChange): readonly NewEvent[] => {
  const first = user.version - events.length + 1;
  return events.flatMap((event, at) =>
    published(event, { aggregateId: user.id, aggregateVersion: first + at }),
  );
};

type Aggregate = Readonly<{ aggregateId: string; aggregateVersion: number }>;

const published = (event: UserEvent, aggregate: Aggregate): readonly NewEvent[] => {
  const userId = aggregate.aggregateId;
  switch (event.type) {
    case 'user-registered': {
      const { email, firstName, lastName, role, emailVerified } = event;
      const status = emailVerified ? 'active' : 'pending_verification';
      const data = { userId, email, firstName, lastName, fullName: fullNameOf(event), role, status } as const;
      return [newEvent(UserRegistered, { ...aggregate, data })];
    }
    case 'user-verified':
      return [newEvent(UserVerified, { ...aggregate, data: { userId } })];
    case 'user-renamed': {
      const { firstName, lastName } = event;
      return [
        newEvent(UserUpdated, {
          ...aggregate,
          data: { userId, firstName, lastName, fullName: fullNameOf(event) },
        }),
      ];
    }
    case 'user-role-changed':
      return [newEvent(UserRoleChanged, { ...aggregate, data: { userId, role: event.role } })];
    case 'user-deactivated':
      return [newEvent(UserDeactivated, { ...aggregate, data: { userId } })];
    case 'user-reactivated':
      return [newEvent(UserReactivated, { ...aggregate, data: { userId } })];
    case 'user-password-changed':
    case 'user-api-key-created':
    case 'user-api-key-revoked':
      return [];
    case 'user-logged-in':
      return [newEvent(UserLoggedIn, { ...aggregate, data: { userId, sessionId: event.sessionId } })];
    case 'user-deleted':
      return [newEvent(UserDeleted, { ...aggregate, data: { userId } })];
  }
};
