import { PostDeleted } from '@gatehouse/contracts';
import { createTransact, migrate, openDatabase, type Transact } from '@gatehouse/database';
import { type Clock, systemClock } from '@gatehouse/resilience';
import { captureLogger, openTestDatabase, sequentialIds } from '@gatehouse/testing';
import { sql } from 'kysely';
import { createInProcessTransport } from '../in-process/in-process-transport.ts';
import { createMessaging, type Messaging, type MessagingDeps } from '../messaging.ts';
import { messagingMigrations } from '../migrations.ts';
import { newEvent } from '../new-event.ts';
import type { Transport } from '../transport.ts';

/** A service with a database of its own, for integration tests. Further instances of it can be added. */
export const openTestService = async (
  service: string,
  parts: { transport?: Transport; clock?: Clock } = {},
) => {
  const testDatabase = await openTestDatabase(service);
  const database = openDatabase({ url: testDatabase.url, applicationName: service, poolSize: 12 });
  await migrate(database.db, { owner: 'messaging', migrations: messagingMigrations });
  const { db } = database;
  await sql`create table effects (event_id text, label text, at bigint generated always as identity)`.execute(
    db,
  );
  const transport = parts.transport ?? createInProcessTransport();
  const instances: Messaging[] = [];
  const logger = captureLogger();
  let idPrefix = 1;

  const addInstance = (settings: Partial<MessagingDeps> = {}): Messaging => {
    const instance = createMessaging({
      service,
      database,
      transport,
      clock: parts.clock ?? systemClock,
      ids: sequentialIds(idPrefix++),
      logger,
      pollMs: 20,
      ...settings,
    });
    instances.push(instance);
    return instance;
  };

  const messaging = addInstance();
  const transact: Transact = createTransact({ db, afterCommit: messaging.hint });

  return {
    url: testDatabase.url,
    db,
    transport,
    messaging,
    transact,
    logger,
    addInstance,
    /** Says that a post of this id is gone, as its given version. */
    say: (postId: string, aggregateVersion: number) =>
      transact((tx) => messaging.outbox.append(tx, [postDeleted(postId, aggregateVersion)])),
    /** What handlers did, in the order of their commits. */
    effects: async (): Promise<readonly { eventId: string; label: string }[]> => {
      const { rows } = await sql<{ eventId: string; label: string }>`
        select event_id as "eventId", label from effects order by at`.execute(db);
      return rows;
    },
    /** Retries and holds fall due as if this much time had passed. */
    letTimePass: async (seconds: number) => {
      await sql`update inbox set due_at = due_at - ${seconds} * interval '1 second'`.execute(db);
      await sql`update outbox set held_until = held_until - ${seconds} * interval '1 second'`.execute(db);
    },
    close: async () => {
      await Promise.all(instances.map((instance) => instance.stop()));
      await database.close();
      await testDatabase.drop();
    },
  };
};

export type TestService = Awaited<ReturnType<typeof openTestService>>;

/** The id of the n-th aggregate of a test. */
export const postId = (n: number): string => `01930000-0000-7000-8000-${String(n).padStart(12, '0')}`;

export const postDeleted = (id: string, aggregateVersion: number) =>
  newEvent(PostDeleted, { aggregateId: id, aggregateVersion, data: { postId: id, authorId: postId(0) } });
