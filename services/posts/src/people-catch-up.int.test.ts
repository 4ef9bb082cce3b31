import {
  type EventEnvelope,
  type ExportedUser,
  randomIds,
  UserDeleted,
  UserRegistered,
  UserUpdated,
} from '@gatehouse/contracts';
import { type AnyTx, type Database, migrate, openDatabase } from '@gatehouse/database';
import { createInProcessTransport, createMessaging, messagingMigrations } from '@gatehouse/messaging';
import { systemClock } from '@gatehouse/resilience';
import { openTestDatabase, type TestDatabase } from '@gatehouse/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postsMigrations } from '../migrations/index.ts';
import { usersSubscription } from './controllers/users-subscription.ts';
import { createAuthorsRepository } from './repositories/authors-repository.ts';
import { createPostsRepository } from './repositories/posts-repository.ts';
import type { PostsSchema } from './repositories/tables.ts';
import { createPeopleService } from './services/people-service.ts';

let server: TestDatabase;
let database: Database<PostsSchema>;
let subscription: ReturnType<typeof usersSubscription>;
let authors: ReturnType<typeof createAuthorsRepository>;

beforeAll(async () => {
  server = await openTestDatabase('people_catch_up');
  database = openDatabase<PostsSchema>({ url: server.url, applicationName: 'people-catch-up-test' });
  const { db } = database;
  await migrate(db, { owner: 'messaging', migrations: messagingMigrations });
  await migrate(db, { owner: 'posts', migrations: postsMigrations });
  const parts = { database, transport: createInProcessTransport(), clock: systemClock, ids: randomIds };
  const { outbox } = createMessaging({ service: 'posts', ...parts });
  authors = createAuthorsRepository({ db });
  const people = createPeopleService({ authors, posts: createPostsRepository({ db, outbox }) });
  const readUsers = async () => ({ items: [], next: undefined });
  subscription = usersSubscription({ people, readUsers });
});
afterAll(async () => {
  await database.close();
  await server.drop();
});

/** What happened to an account: its n-th entry is version n. A sign-in is heard by nobody here. */
type Fact = Readonly<{ type: 'named'; name: string } | { type: 'signed-in' } | { type: 'deleted' }>;

const history: fc.Arbitrary<readonly Fact[]> = fc
  .tuple(
    fc.array(
      fc.oneof(
        fc.constantFrom('Ada', 'Bea', 'Cy').map((name) => ({ type: 'named', name }) as const),
        fc.constant({ type: 'signed-in' } as const),
      ),
      { maxLength: 5 },
    ),
    fc.boolean(),
  )
  .map(([facts, isDeleted]) => [
    { type: 'named', name: 'First' },
    ...facts,
    ...(isDeleted ? [{ type: 'deleted' } as const] : []),
  ]);

/** A history; how much of it passed by before the queue was there; how much the export had seen when it was read. */
const course = history.chain((facts) =>
  fc.nat(facts.length).chain((passedBy) =>
    fc.record({
      facts: fc.constant(facts),
      passedBy: fc.constant(passedBy),
      exportedAt: fc.integer({ min: Math.max(1, passedBy), max: facts.length }),
      exportComesAfter: fc.nat(facts.length),
      replayed: fc.array(fc.nat(facts.length - 1), { maxLength: 3 }),
    }),
  ),
);

const nameAt = (facts: readonly Fact[], version: number): string | null => {
  const known = facts.slice(0, version);
  if (known.at(-1)?.type === 'deleted') return null;
  return known.reduce((name, fact) => (fact.type === 'named' ? fact.name : name), '');
};

const eventOf = (id: string, fact: Fact, version: number): EventEnvelope | undefined => {
  const names = { firstName: 'A', lastName: 'B', fullName: fact.type === 'named' ? fact.name : '' };
  const registered = { userId: id, email: 'a@example.org', ...names, role: 'user', status: 'active' };
  const [definition, data] =
    fact.type === 'deleted'
      ? [UserDeleted, { userId: id }]
      : version === 1
        ? [UserRegistered, registered]
        : [UserUpdated, { userId: id, ...names }];
  if (fact.type === 'signed-in') return undefined;
  return {
    specversion: '1.0',
    id: randomIds.next(),
    source: 'gatehouse/users',
    type: definition.type,
    subject: id,
    time: '2026-01-05T09:00:00.000Z',
    datacontenttype: 'application/json',
    data,
    correlationid: 'a-test',
    aggregateversion: version,
  };
};

const exportedOf = (id: string, facts: readonly Fact[], version: number): ExportedUser => {
  const name = nameAt(facts, version);
  return {
    id,
    firstName: '',
    lastName: '',
    fullName: name ?? '',
    status: name === null ? 'deleted' : 'active',
    isActive: name !== null,
    aggregateversion: version,
  };
};

const within = (work: (tx: AnyTx) => Promise<void> | undefined) =>
  database.db.transaction().execute(async (tx) => work(tx));
const hear = async (event: EventEnvelope | undefined) => {
  if (event !== undefined) await within((tx) => subscription.handle(event, tx));
};
const takeOver = (user: ExportedUser) => within((tx) => subscription.catchUp?.apply(user, tx));

const stateOf = async (id: string) => {
  const [author] = await authors.listByIds([id]);
  return { fullName: author?.fullName, deleted: author?.deleted };
};

describe('the copy of a person, by events and export', () => {
  it('is the newest state, whichever comes first, and whatever is heard again', () =>
    fc.assert(
      fc.asyncProperty(course, async ({ facts, passedBy, exportedAt, exportComesAfter, replayed }) => {
        const id = randomIds.next();
        const events = facts.map((fact, i) => eventOf(id, fact, i + 1));
        const steps = events.slice(passedBy).map((event) => () => hear(event));
        steps.splice(exportComesAfter, 0, () => takeOver(exportedOf(id, facts, exportedAt)));
        for (const step of steps) await step();
        for (const again of replayed) await hear(events[again]);

        const fullName = nameAt(facts, facts.length);
        expect(await stateOf(id)).toEqual({ fullName, deleted: fullName === null });
      }),
      { numRuns: 60 },
    ));

  it('is the same when both are applied at the same moment', () =>
    fc.assert(
      fc.asyncProperty(course, async ({ facts, passedBy, exportedAt }) => {
        const id = randomIds.next();
        const hearAll = async () => {
          for (const [i, fact] of facts.entries()) if (i >= passedBy) await hear(eventOf(id, fact, i + 1));
        };
        await Promise.all([hearAll(), takeOver(exportedOf(id, facts, exportedAt))]);

        const fullName = nameAt(facts, facts.length);
        expect(await stateOf(id)).toEqual({ fullName, deleted: fullName === null });
      }),
      { numRuns: 30 },
    ));
});
