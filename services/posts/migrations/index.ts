import type { Migrations } from '@gatehouse/database';
import { init } from './0001-init.ts';

export const postsMigrations: Migrations = { '0001_init': init };
