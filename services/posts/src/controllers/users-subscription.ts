import { UserDeleted, UserRegistered, UserUpdated } from '@gatehouse/contracts';
import { createSubscription, on, type Subscription } from '@gatehouse/messaging';
import type { PeopleService } from '../services/people-service.ts';

/** Keeps the copy of people's names: users is never asked when somebody reads a post. */
export const usersSubscription = ({ people }: { people: PeopleService }): Subscription =>
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
  });
