import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tellReaper } from './reaper.ts';

/** Whom a server runs as when we are root. */
export type Account = Readonly<{ uid: number; gid: number }>;

export type PrivateFolder = Readonly<{
  path: string;
  /** Makes a folder in it, of the account when one is given. */
  add(name: string, account?: Account): Promise<string>;
  remove(): Promise<void>;
}>;

/**
 * A new folder that every account may enter, and that is removed too when this process is killed. Made `within` a folder, or
 * where temporary files go.
 */
export const makePrivateFolder = async (name: string, within = tmpdir()): Promise<PrivateFolder> => {
  const base = (await everybodyMayEnter(within)) ? within : '/var/tmp';
  const path = await mkdtemp(join(base, `gatehouse-${name}-`));
  tellReaper({ watchFolder: path });
  await chmod(path, 0o755);
  return {
    path,
    async add(part, account) {
      const folder = join(path, part);
      await mkdir(folder, { recursive: true, mode: 0o755 });
      if (account !== undefined) await chown(folder, account.uid, account.gid);
      return folder;
    },
    async remove() {
      // Processes of a server that was killed may still write for a moment.
      await rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      tellReaper({ forgetFolder: path });
    },
  };
};

const everybodyMayEnter = async (path: string): Promise<boolean> => {
  if (process.platform === 'win32') return true;
  for (let folder = path; ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
};

/** Under root: the first of these names in /etc/passwd. As anybody else: undefined, the server runs as ourselves. */
export const findAccount = async (names: readonly string[]): Promise<Account | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8').catch(() => ''))
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of names) {
    const [, , uid, gid] = lines.find(([known]) => known === name) ?? [];
    if (uid !== undefined && gid !== undefined && Number(uid) > 0)
      return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
};
