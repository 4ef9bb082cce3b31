import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from './packages/database/src/embedded/start-embedded-postgres.ts';
import type {} from './packages/testing/src/test-database.ts'; // what is provided to tests

const folderPrefix = 'gatehouse-test-';

/** Nothing here has to survive a crash of the machine, and many tests connect at once. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  max_wal_size: '1GB',
};

/**
 * vitest's globalSetup: one private PostgreSQL for the whole run, stopped and removed after it. What initdb makes (about a
 * second) is kept in `node_modules/.cache/gatehouse` and copied the next time.
 */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  await removeLeftovers();
  const dataDir = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  // Under root the server is another user, who must be able to enter.
  await chmod(dataDir, 0o755);
  try {
    const template = join(project.config.root, 'node_modules', '.cache', 'gatehouse', 'postgres-18-template');
    await cp(template, dataDir, { recursive: true }).catch(() => makeTemplate(template, dataDir));
    const postgres = await startEmbeddedPostgres({ dataDir, databases: [], settings });
    project.provide('postgresUrl', postgres.superuserUrl);
    return async () => {
      await postgres.stop('immediate');
      await rm(dataDir, { recursive: true, force: true });
    };
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
};

const makeTemplate = async (template: string, dataDir: string): Promise<void> => {
  const postgres = await startEmbeddedPostgres({ dataDir, databases: [], settings });
  await postgres.stop();
  // Several runs at once would all ask for the template's port first.
  await rm(join(dataDir, 'port'));
  const half = `${template}.${process.pid}`;
  await mkdir(dirname(template), { recursive: true });
  await cp(dataDir, half, { recursive: true });
  // A run beside this one may have been faster.
  await rename(half, template).catch(() => rm(half, { recursive: true, force: true }));
};

/** Of runs that were killed: their servers live on until somebody ends them. */
const removeLeftovers = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(folderPrefix)
      ? Number.parseInt(name.slice(folderPrefix.length), 10)
      : Number.NaN;
    if (Number.isNaN(pid) || isRunning(pid)) continue;
    const dataDir = join(tmpdir(), name);
    const postgres = await startEmbeddedPostgres({ dataDir, databases: [], settings }).catch(() => undefined);
    await postgres?.stop('immediate');
    await rm(dataDir, { recursive: true, force: true }).catch(() => {});
  }
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
