import { type ExportedUser, UserDeleted, UserRegistered, UserUpdated } from '@gatehouse/contracts';
import { type CatchUp, createSubscription, on, type Subscription } from '@gatehouse/messaging';
import type { PeopleService } from '../services/people-service.ts';

type Deps = Readonly<{ people: PeopleService; readUsers: CatchUp<ExportedUser>['read'] }>;

/** Keeps the copy of people's names: users is never asked when somebody reads a post. */
export const usersSubscription = ({ people, readUsers }: Deps): Subscription =>
  createSubscription({
    consumer: 'posts.people',
    handlers: [
      on(UserRegistered, ({ data, aggregateversion }, tx) =>
        people.rename({ id: data.userId, fullName: data.fullName, version: aggregateversion }, tx),
      ),
      on(UserUpdated, ({ data, aggregateversion }, tx) =>
        people.rename({ id: data.userId, fullName: data.fullName, version: aggregateversion }, tx),
      ),
      on(UserDeleted, ({ data, aggregateversion }, tx) =>
        people.forget({ id: data.userId, version: aggregateversion }, tx),
      ),
    ],
    catchUp: {
      read: readUsers,
      apply: ({ id, fullName, status, aggregateversion: version }, tx) =>
        status === 'deleted'
          ? people.forget({ id, version }, tx)
          : people.rename({ id, fullName, version }, tx),
    },
  });
