import type { Migrations } from '@gatehouse/database';
import { createWriteModel } from './0001-write-model.ts';
import { createReadModel } from './0002-read-model.ts';
import { createSignIn } from './0003-sign-in.ts';
import { createMail } from './0004-mail.ts';
import { createApiKeyTable } from './0005-api-keys.ts';

/** Tables of the users service, owner `users`. A published step is never changed. */
export const usersMigrations: Migrations = {
  '0001_write_model': { up: createWriteModel },
  '0002_read_model': { up: createReadModel },
  '0003_sign_in': { up: createSignIn },
  '0004_mail': { up: createMail },
  '0005_api_keys': { up: createApiKeyTable },
};
