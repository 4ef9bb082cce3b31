import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whom the server runs as. PostgreSQL refuses root. */
export type Account = Readonly<{ uid: number; gid: number }>;

/** Tried in this order: a user made for us, PostgreSQL's own, and the one that every Unix has. */
const preferredNames = ['gatehouse', 'postgres', '_postgres', 'nobody', 'daemon'];

/** The account to use under root: of the names above the first in /etc/passwd (initdb needs it to be listed there). */
export const findUnprivilegedAccount = async (passwdFile = '/etc/passwd'): Promise<Account | undefined> => {
  const accounts = parsePasswd(await readFile(passwdFile, 'utf8').catch(() => ''));
  const name = preferredNames.find((candidate) => accounts.has(candidate));
  return name === undefined ? undefined : accounts.get(name);
};

export const parsePasswd = (text: string): ReadonlyMap<string, Account> => {
  const accounts = new Map<string, Account>();
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    // macOS has negative numbers (nobody is -2), which setuid does not take.
    if (name === undefined || !/^[1-9]\d*$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) continue;
    accounts.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  return accounts;
};

/**
 * True when `account` may enter every folder on the way to `path` and read what is there. It looks at owners and modes,
 * not at access control lists.
 */
export const canReach = async (account: Account, path: string): Promise<boolean> => {
  const real = await realpath(path);
  for (let folder = real; ; folder = dirname(folder)) {
    const { uid, gid, mode } = await stat(folder);
    const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
    const allowed = (mode >> shift) & 0o7;
    const needed = folder === real ? 0o5 : 0o1;
    if ((allowed & needed) !== needed) return false;
    if (folder === dirname(folder)) return true;
  }
};
