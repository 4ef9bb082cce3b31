import { createHmac, randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** The password of a role: 43 characters that need no escaping in a URL. */
export type Passwords = Readonly<{ of(role: string): string }>;

/**
 * All passwords of one data folder come from one random secret in it (`secret`, mode 0600), so no crash can leave a role
 * without its password. Knowing one says nothing about another.
 */
export const openPasswords = async (folder: string): Promise<Passwords> => {
  const file = join(folder, 'secret');
  const secret = (await readFile(file, 'utf8').catch(whenMissing)) ?? (await writeSecret(file));
  return { of: (role) => createHmac('sha256', secret.trim()).update(role).digest('base64url') };
};

const writeSecret = async (file: string): Promise<string> => {
  const secret = randomBytes(32).toString('hex');
  const half = `${file}.new`;
  const handle = await open(half, 'w', 0o600);
  try {
    await handle.writeFile(`${secret}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(half, file);
  return secret;
};

const whenMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};
