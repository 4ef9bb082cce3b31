import { mkdir, realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAppError } from '@gatehouse/errors';
import { type Clock, systemClock } from '@gatehouse/resilience';
import { findBinaries } from './binaries.ts';
import { ensureCluster, superuser } from './cluster.ts';
import { openDataFolder } from './data-folder.ts';
import { embeddedError, toFolderError } from './embedded-errors.ts';
import { lockFolder } from './folder-lock.ts';
import { openPasswords } from './passwords.ts';
import { findFreePort, readLastPort, saveLastPort } from './port.ts';
import { findLivingPostmaster, type StopMode, stopPostmaster } from './postmaster.ts';
import { answersAsOurs, ensureDatabases, type SuperuserAccess, superuserUrl, urlFor } from './roles.ts';
import { refuseBadNames, runsAsWanted, type ServerParts, startServer, waitUntilReady } from './server.ts';
import { openServerLog } from './server-log.ts';
import { superviseServer } from './supervisor.ts';

export { embeddedError } from './embedded-errors.ts';
export { type FolderLock, lockFolder } from './folder-lock.ts';

export type EmbeddedPostgresOptions = Readonly<{
  /** The launcher's own folder, made when missing: data, secret, log. Nothing else belongs in it. */
  dataDir: string;
  /** Exactly this port, or `port_taken`. Without it: the one of the last time when it is free, else any. */
  port?: number;
  /** Each gets a database and a role of its name: `[a-z][a-z0-9_]*`. */
  databases: readonly string[];
  /** PostgreSQL settings over those of the product. */
  settings?: Readonly<Record<string, string>>;
  /** What a person should know: a takeover, a restart, data in another place. */
  onNotice?: (line: string) => void;
  clock?: Clock;
}>;

export type EmbeddedPostgres = Readonly<{
  port: number;
  /** Of the server now; another one after a restart. */
  pid(): number;
  /** For the role that owns `database`, password included. */
  url(database: string): string;
  /** For tests and backups; a service never gets it. */
  superuserUrl: string;
  report(): EmbeddedPostgresReport;
  /** `fast` (default) is a clean shutdown. At most 10 s. Safe to call twice. */
  stop(mode?: StopMode): Promise<void>;
}>;

export type EmbeddedPostgresReport = Readonly<{
  state: 'running' | 'restarting' | 'failed' | 'stopped';
  /** True when this server had survived an earlier process of ours. */
  takenOver: boolean;
  restarts: number;
  /** Where the data lie: not always in `dataDir` (under root). */
  dataDirectory: string;
}>;

const portAttempts = 5;
const leftoverAttempts = 10;
const leftoverDelayMs = 300;

/**
 * Starts the real PostgreSQL of the npm package, or takes over the one that an earlier process of ours left alive, and
 * gives each named database to a role of its own. It restarts a server that ends unasked. The server is detached: it
 * outlives this process unless `stop` is called, and the next start on the same folder finds it.
 *
 * @throws AppError `unsupported_platform`, `data_dir_in_use` (another living process has the folder), `data_dir_unusable`,
 * `data_dir_incompatible`, `disk_full`, `port_taken`, `database_start_failed`
 */
export const startEmbeddedPostgres = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  refuseBadNames(options.databases);
  try {
    await mkdir(options.dataDir, { recursive: true });
    const home = await realpath(options.dataDir);
    const lock = await lockFolder(home, `process ${process.pid}`);
    if (!lock.held) {
      const message = `${home} is in use by another Gatehouse (${lock.holder}).`;
      throw embeddedError('data_dir_in_use', { message, details: { holder: lock.holder } });
    }
    try {
      return await startIn(home, options, lock.release);
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw toFolderError(error, options.dataDir);
  }
};

const startIn = async (
  home: string,
  options: EmbeddedPostgresOptions,
  unlock: () => Promise<void>,
): Promise<EmbeddedPostgres> => {
  const { clock = systemClock, onNotice = () => {} } = options;
  const folder = await openDataFolder(home, onNotice);
  const binaries = await findBinaries(folder.account);
  const passwords = await openPasswords(home);
  const log = await openServerLog(home, clock);
  const parts: ServerParts = { folder, binaries, log, settings: options.settings ?? {} };

  let running = await takeOver(parts, options.port, (port) => ({ port, passwords }));
  const takenOver = running !== undefined;
  if (running === undefined) {
    await ensureCluster(folder, binaries, passwords.of(superuser));
    running = await startOnSomePort(parts, options.port, await readLastPort(home));
  } else {
    onNotice(`took over the PostgreSQL (process ${running.pid}) that an earlier start left running`);
  }
  const { port } = running;
  const access: SuperuserAccess = { port, passwords };
  try {
    await saveLastPort(home, port);
    await ensureDatabases(access, options.databases);
  } catch (error) {
    await stopPostmaster(running.pid, 'fast');
    throw error;
  }

  const restart = () => startPatiently(parts, port);
  const supervisor = superviseServer({ pid: running.pid, restart, clock, onNotice });
  let stopping: Promise<void> | undefined;
  const stop = async (mode: StopMode): Promise<void> => {
    await supervisor.stop();
    await stopPostmaster(supervisor.pid(), mode);
    await log.close();
    await unlock();
  };

  return {
    port,
    pid: () => supervisor.pid(),
    url: (database) => urlFor(port, database, { database, password: passwords.of(database) }),
    superuserUrl: superuserUrl(access),
    report: () => ({
      state: stopping === undefined ? supervisor.state() : 'stopped',
      takenOver,
      restarts: supervisor.restarts(),
      dataDirectory: folder.pgdata,
    }),
    stop(mode = 'fast') {
      stopping ??= stop(mode);
      return stopping;
    },
  };
};

type Running = Readonly<{ pid: number; port: number }>;

/** A living server that is ours and as we want it; one that is not as we want it is stopped first. */
const takeOver = async (
  parts: ServerParts,
  wantedPort: number | undefined,
  accessOn: (port: number) => SuperuserAccess,
): Promise<Running | undefined> => {
  const { pgdata } = parts.folder;
  const living = await findLivingPostmaster(pgdata);
  if (living === undefined) return undefined;
  const { pid, port } = living;
  const fits =
    (wantedPort === undefined || wantedPort === port) &&
    (await waitUntilReady(pgdata, pid)) === 'ready' &&
    (await runsAsWanted(parts, port)) &&
    (await answersAsOurs(accessOn(port), pgdata));
  if (fits) return { pid, port };
  await stopPostmaster(pid, 'fast');
  return undefined;
};

const startOnSomePort = async (
  parts: ServerParts,
  wantedPort: number | undefined,
  lastPort: number | undefined,
): Promise<Running> => {
  for (let attempt = 1; ; attempt++) {
    const port = wantedPort ?? (attempt === 1 ? lastPort : undefined) ?? (await findFreePort());
    try {
      return { pid: await startPatiently(parts, port), port };
    } catch (error) {
      const mayMove = isAppError(error) && error.code === 'port_taken' && wantedPort === undefined;
      if (!mayMove || attempt === portAttempts) throw error;
    }
  }
};

/** Processes of a server that was killed live on for a moment, and no new one starts beside them. */
const startPatiently = async (parts: ServerParts, port: number): Promise<number> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startServer(parts, port);
    } catch (error) {
      // The folder is locked for us, so whoever is in it is such a remainder.
      const isRemainder = isAppError(error) && error.code === 'data_dir_in_use';
      if (!isRemainder || attempt === leftoverAttempts) throw error;
    }
    await sleep(leftoverDelayMs);
  }
};
