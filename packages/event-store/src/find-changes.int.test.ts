import { migrate, openDatabase } from '@gatehouse/database';
import { systemClock } from '@gatehouse/resilience';
import { openTestDatabase, sequentialIds } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findChanges } from './find-changes.ts';
import { eventStoreMigrations } from './migrations.ts';
import { createPostgresEventStore } from './postgres-event-store.ts';
import { streamName } from './stream-name.ts';

let close: () => Promise<void>;
let database: ReturnType<typeof openDatabase>;
beforeEach(async () => {
  const test = await openTestDatabase('lineage');
  database = openDatabase({ url: test.url, applicationName: 'lineage' });
  await migrate(database.db, { owner: 'event_store', migrations: eventStoreMigrations });
  close = async () => {
    await database.close();
    await test.drop();
  };
});
afterEach(() => close());

describe('what a correlation id changed', () => {
  it('is found by the ids of its streams, over all categories, and says what a projection put aside', async () => {
    const { db } = database;
    const store = createPostgresEventStore({ db, clock: systemClock, ids: sequentialIds() });
    const by = (correlationId: string, causationId?: string) => ({
      metadata: { correlationId, ...(causationId === undefined ? {} : { causationId }) },
    });
    const append = (stream: [string, string], type: string, options: ReturnType<typeof by>) =>
      store.append(streamName(...stream), 'any', [{ type }], options);
    await append(['order', 'a'], 'order-created', by('request-1'));
    await append(['order', 'a'], 'order-confirmed', by('request-1', 'event-1'));
    await append(['order', 'a'], 'order-cancelled', by('request-2'));
    await append(['user', 'a'], 'user-seen', by('request-1'));
    await append(['order', 'b'], 'order-created', by('request-1'));
    await sql`
      insert into event_parked (projection, event_id, stream, version, position, type, error, tries, parked_at)
      select 'order-summary', id, stream, version, '1:1', type, 'no', 3, now() from events
      where type = 'order-confirmed'`.execute(db);

    const changes = await findChanges(db, 'request-1', ['a', 'unknown']);
    expect(changes.map(({ type, stream, version }) => `${stream} ${version} ${type}`)).toEqual([
      'order-a 1 order-created',
      'order-a 2 order-confirmed',
      'user-a 1 user-seen',
    ]);
    expect(changes[1]).toMatchObject({
      causationId: 'event-1',
      parked: [{ projection: 'order-summary', error: 'no', tries: 3 }],
    });
    expect(await findChanges(db, 'request-1', [])).toEqual([]);
    expect(await findChanges(db, 'request-9', ['a'])).toEqual([]);
  });

  it('is nothing where nothing was ever recorded', async () => {
    expect(await findChanges(database.db, 'request-1', ['a'])).toEqual([]);
  });
});
