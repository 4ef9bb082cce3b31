export type { Migration } from 'kysely/migration';
export {
  type AnyDb,
  type AnySchema,
  type AnyTx,
  type Database,
  type DatabaseOptions,
  openDatabase,
} from './database.ts';
export {
  databaseError,
  isDatabaseAway,
  isTransactionLost,
  isUniqueViolation,
  toDatabaseError,
} from './database-errors.ts';
export { type Listening, type ListenOptions, listen } from './listen.ts';
export { type MigrateOptions, type Migrations, migrate } from './migrate.ts';
export { runText } from './run-text.ts';
export { acquireSessionLock, type SessionLock, type SessionLockOptions } from './session-lock.ts';
export { createTransact, type Transact, type TransactOptions } from './transact.ts';
