import { type Database, migrate, openDatabase } from '@gatehouse/database';
import { openTestDatabase, type TestDatabase } from '@gatehouse/testing';
import { afterAll, beforeAll } from 'vitest';
import { pluginStatesContract } from './plugin-states.contract.ts';
import { createPluginStates, pluginHostMigrations } from './postgres-plugin-states.ts';

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await openTestDatabase('plugin-states');
  database = openDatabase({ url: testDatabase.url, applicationName: 'plugin-states', poolSize: 4 });
  await migrate(database.db, { owner: 'plugin_host', migrations: pluginHostMigrations });
});

afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

pluginStatesContract('PostgreSQL', async () => {
  await database.db.deleteFrom('plugin_states').execute();
  return createPluginStates(database.db);
});
