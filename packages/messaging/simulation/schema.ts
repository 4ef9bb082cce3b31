import type { AnyDb } from '@gatehouse/database';
import { eventStoreMigrations } from '@gatehouse/event-store';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { messagingMigrations } from '../src/migrations.ts';
import type { MemoryDatabase } from './sql/memory-database.ts';

/** What a run keeps beside the product's own tables: requests that were answered, and what handlers did. */
const ownTables = [
  'create table commands (key text primary key)',
  `create table effects (
    consumer text not null, event_id text not null, subject text not null, version bigint not null, number integer not null)`,
];

let statements: Promise<readonly string[]> | undefined;

/** The statements of the product's migrations, as they are sent to a database. */
const recordStatements = async (): Promise<readonly string[]> => {
  const recorded: string[] = [];
  const db: AnyDb = new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (of) => new PostgresIntrospector(of),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query }) => void recorded.push(query.sql),
  });
  for (const { up } of [...Object.values(messagingMigrations), ...Object.values(eventStoreMigrations)])
    await up(db);
  return [...recorded, ...ownTables];
};

/** Gives a database the tables of messaging and of the event store. */
export const createTables = async (memory: MemoryDatabase): Promise<void> => {
  statements ??= recordStatements();
  const tx = memory.begin();
  for (const statement of await statements) memory.run(tx, statement, []);
  memory.commit(tx);
};
