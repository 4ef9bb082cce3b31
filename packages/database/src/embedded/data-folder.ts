import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Account, canReach, findUnprivilegedAccount } from './account.ts';
import { embeddedError } from './embedded-errors.ts';
import { findLivingPostmaster, stopPostmaster } from './postmaster.ts';

/** `home` holds what is ours (secret, log, port), `pgdata` is PostgreSQL's own and may lie elsewhere. */
export type DataFolder = Readonly<{ home: string; pgdata: string; account: Account | undefined }>;

/** For data of a root whose own folder no other account can enter. Survives a restart of the machine, unlike /tmp. */
const elsewhere = '/var/lib/gatehouse';

/**
 * Decides where PostgreSQL's data lie and who runs it. As an ordinary user: in `home`, as that user. As root: as the
 * data's owner, or else as an unprivileged account; when that account cannot enter the folder, under /var/lib/gatehouse,
 * and a file `location` in the folder says so.
 */
export const openDataFolder = async (home: string, onNotice: (line: string) => void): Promise<DataFolder> => {
  if (process.getuid?.() !== 0) return { home, pgdata: join(home, 'pgdata'), account: undefined };

  const recorded = await readFile(join(home, 'location'), 'utf8').catch(() => undefined);
  const pgdata = recorded?.trim() ?? join(home, 'pgdata');
  const owner = await ownerOf(pgdata);
  if (owner !== undefined && owner.uid !== 0) return { home, pgdata, account: owner };
  if (recorded !== undefined && owner === undefined && (await ownerOf(dirname(pgdata))) === undefined) {
    const message = `The data are gone: ${join(home, 'location')} says that they are in ${pgdata}. Put them back, or remove that file to start anew.`;
    throw embeddedError('data_dir_unusable', { message });
  }

  const account = await findUnprivilegedAccount();
  if (account === undefined) {
    const message =
      'PostgreSQL does not run as root, and /etc/passwd has no account to run it as. Start as another user.';
    throw embeddedError('data_dir_unusable', { message });
  }
  if (recorded !== undefined || (await canReach(account, home))) return { home, pgdata, account };
  if (owner !== undefined) {
    const message = `${pgdata} belongs to root, and the account that runs PostgreSQL cannot enter it. Move it out of this folder, or give the account access.`;
    throw embeddedError('data_dir_unusable', { message });
  }
  return { home, pgdata: await chooseElsewhere(home, onNotice), account };
};

const chooseElsewhere = async (home: string, onNotice: (line: string) => void): Promise<string> => {
  const id = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const folder = join(elsewhere, `${basename(home)}-${id}`);
  await mkdir(elsewhere, { recursive: true, mode: 0o755 });
  if ((await ownerOf(folder)) !== undefined) {
    // The folder that recorded it was deleted, so its owner wants to start anew; but data are never deleted here.
    const living = await findLivingPostmaster(join(folder, 'pgdata'));
    if (living !== undefined) await stopPostmaster(living.pid, 'fast');
    const aside = `${folder}.${Date.now()}`;
    await rename(folder, aside);
    onNotice(`data of a folder that was deleted are kept in ${aside}; remove them when nobody needs them`);
  }
  await mkdir(folder, { mode: 0o755 });
  const pgdata = join(folder, 'pgdata');
  await writeFile(join(folder, 'belongs-to'), `${home}\n`);
  await writeFile(join(home, 'location'), `${pgdata}\n`);
  onNotice(`PostgreSQL's own account cannot enter ${home}: the data are in ${pgdata}`);
  return pgdata;
};

const ownerOf = async (path: string): Promise<Account | undefined> => {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  return found === undefined ? undefined : { uid: found.uid, gid: found.gid };
};
