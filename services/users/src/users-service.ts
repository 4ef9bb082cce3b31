import type { ServiceDefinition } from '@gatehouse/service-kit';
import { createUsersApp } from './app.ts';
import { type UsersSettings, usersSettings } from './config.ts';
import { usersMigrations } from './migrations/users-migrations.ts';

/**
 * Accounts, sessions and signing keys, for `startService`. Settings: `usersSettings`, of which only `publicUrl` has no
 * default.
 */
// biome-ignore lint/suspicious/noExplicitAny: tables are named where their SQL is
export const usersService: ServiceDefinition<any, UsersSettings> = {
  name: 'users',
  version: '0.1.0',
  migrations: usersMigrations,
  settings: usersSettings,
  create: createUsersApp,
};
