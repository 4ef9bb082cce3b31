import { type Database, migrate, openDatabase } from '@gatehouse/database';
import { createPostgresEventStore, eventStoreMigrations } from '@gatehouse/event-store';
import { createManualClock, openTestDatabase, sequentialIds, type TestDatabase } from '@gatehouse/testing';
import { afterAll } from 'vitest';
import { twoWritersContract } from './two-writers.contract.ts';

let server: TestDatabase;
let database: Database;

afterAll(async () => {
  await database.close();
  await server.drop();
});

twoWritersContract(
  'in PostgreSQL',
  async () => {
    server = await openTestDatabase('two_writers');
    database = openDatabase({ url: server.url, applicationName: 'two-writers-test' });
    await migrate(database.db, { owner: 'event_store', migrations: eventStoreMigrations });
    return createPostgresEventStore({ db: database.db, clock: createManualClock(), ids: sequentialIds() });
  },
  { runs: 60 },
);
