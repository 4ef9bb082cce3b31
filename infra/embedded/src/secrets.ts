import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const schema = z.object({
  serviceTokenSecret: z.string().min(32),
  administratorPassword: z.string().min(12),
});

export type Secrets = z.infer<typeof schema>;

/**
 * The secrets of this installation, made at the first start and kept in a file that only its owner can read. `madeNow` is true once:
 * the start screen shows the administrator's password then, and never again.
 */
export const openSecrets = async (dataDir: string): Promise<{ secrets: Secrets; madeNow: boolean }> => {
  const file = join(dataDir, 'secrets.json');
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (kept !== undefined) return { secrets: schema.parse(JSON.parse(kept)), madeNow: false };

  const secrets: Secrets = {
    serviceTokenSecret: randomBytes(32).toString('base64url'),
    administratorPassword: randomBytes(15).toString('base64url'),
  };
  // Written beside and renamed, so that a crash leaves all of it or none.
  await writeFile(`${file}.new`, JSON.stringify(secrets, null, 2), { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return { secrets, madeNow: true };
};
