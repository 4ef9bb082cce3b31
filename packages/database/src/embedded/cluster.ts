import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Account } from './account.ts';
import { type Binaries, giveTo } from './binaries.ts';
import type { DataFolder } from './data-folder.ts';
import { embeddedError, toStartError } from './embedded-errors.ts';
import { runProgram } from './program.ts';

export const superuser = 'gatehouse';

/** Only over TCP from this machine, and only with a password. */
const hostRules = 'host all all 127.0.0.1/32 scram-sha-256\n';

/**
 * Makes sure that there is a database cluster of the right version in the folder, owned by the account. A new one is made
 * beside its place and then moved there, so a start that was killed on the way leaves nothing half done.
 */
export const ensureCluster = async (
  { pgdata, account }: DataFolder,
  binaries: Binaries,
  password: string,
): Promise<void> => {
  await clearHalfDone(dirname(pgdata));
  const version = await readFile(join(pgdata, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) await createCluster(pgdata, account, { binaries, password });
  else refuseOtherVersion(version.trim(), binaries.version);
  if (account !== undefined && (await stat(pgdata)).uid !== account.uid) await giveTo(account, pgdata);
  await writeFile(join(pgdata, 'pg_hba.conf'), hostRules);
};

const halfDonePrefix = 'initdb-';

/** An initdb whose parent was killed may still be writing: it fails soon when its files are taken away. */
const clearHalfDone = async (folder: string): Promise<void> => {
  const entries = await readdir(folder);
  for (const entry of entries.filter((name) => name.startsWith(halfDonePrefix))) {
    const half = join(folder, entry);
    // What cannot be removed is in nobody's way, and tried again at the next start.
    await rm(half, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }).catch(() => {});
  }
};

const refuseOtherVersion = (found: string, wanted: string): void => {
  const [major] = wanted.split('.');
  if (found === major) return;
  const message = `The data were written by PostgreSQL ${found}; this is ${major}. Dump them with the old version, or start with another data folder.`;
  throw embeddedError('data_dir_incompatible', { message });
};

const createCluster = async (
  pgdata: string,
  account: Account | undefined,
  { binaries, password }: Readonly<{ binaries: Binaries; password: string }>,
): Promise<void> => {
  await refuseUnknown(pgdata);
  const half = await mkdtemp(join(dirname(pgdata), halfDonePrefix));
  try {
    const passwordFile = join(half, 'password');
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (account !== undefined) await giveTo(account, half);
    const { code, said } = await runProgram({
      binaries,
      account,
      name: 'initdb',
      args: initdbArguments(join(half, 'pgdata'), passwordFile),
      cwd: half,
    });
    if (code !== 0) throw toStartError(said, { dataDir: pgdata, port: 0 });
    await rename(join(half, 'pgdata'), pgdata);
  } finally {
    await rm(half, { recursive: true, force: true });
  }
};

const initdbArguments = (pgdata: string, passwordFile: string): readonly string[] => [
  `--pgdata=${pgdata}`,
  `--username=${superuser}`,
  `--pwfile=${passwordFile}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  // Sorts like C, and knows the upper and lower case of every script.
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-instructions',
];

/** A folder with something else in it is not ours to fill or to delete. */
const refuseUnknown = async (pgdata: string): Promise<void> => {
  const entries = await readdir(pgdata).catch(() => []);
  if (entries.length > 0) {
    throw embeddedError('data_dir_unusable', {
      message: `${pgdata} holds something that is no database cluster.`,
    });
  }
  await rm(pgdata, { recursive: true, force: true });
};
