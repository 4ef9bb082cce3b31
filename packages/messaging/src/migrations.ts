import type { Migrations } from '@gatehouse/database';

export const messagingMigrations: Migrations = {};
