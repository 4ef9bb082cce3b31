import { findFreePorts } from './ports.ts';
import { makePrivateFolder } from './private-folder.ts';
import { listTree } from './process-tree.ts';
import type { RealServer, ServerOptions } from './real-server.ts';
import { tellReaper } from './reaper.ts';
import { whenFrozen } from './when-frozen.ts';

/** The part of `startEmbeddedPostgres` that is needed. This package is what `@gatehouse/database` is tested with, so it cannot import it. */
export type LaunchPostgres = (
  options: Readonly<{
    dataDir: string;
    port: number;
    databases: readonly string[];
    settings: Readonly<Record<string, string>>;
  }>,
) => Promise<LaunchedPostgres>;

type LaunchedPostgres = Readonly<{
  pid(): number;
  url(database: string): string;
  superuserUrl: string;
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
}>;

export type PostgresOptions = ServerOptions &
  Readonly<{
    /** `startEmbeddedPostgres` of `@gatehouse/database/embedded`. */
    launch: LaunchPostgres;
    /** Each gets a role of its name that owns it. */
    databases?: readonly string[];
    settings?: Readonly<Record<string, string>>;
    /** Where its folder is made: a disk of its own, perhaps. Default: where temporary files go. */
    within?: string;
  }>;

/** `url` is the superuser's. The launcher starts a server again that ended unasked, but not one that these ended. */
export type Postgres = RealServer &
  Readonly<{
    databaseUrl(database: string): string;
    /** Every connection is cut without a checkpoint, like a crash; the next start recovers. */
    restartImmediate(): Promise<void>;
  }>;

/** A private PostgreSQL with its real durability (fsync on). */
export const startPostgres = async (options: PostgresOptions): Promise<Postgres> => {
  const { launch, databases = [], settings = {} } = options;
  const folder = await makePrivateFolder('postgres', options.within);
  const port = options.port ?? (await findFreePorts())[0];
  let group = 0;

  const start = async (): Promise<LaunchedPostgres> => {
    const launched = await launch({ dataDir: folder.path, port, databases, settings });
    group = launched.pid();
    tellReaper({ watchGroup: group });
    return launched;
  };
  let server: LaunchedPostgres;
  try {
    server = await start();
  } catch (error) {
    await folder.remove();
    throw error;
  }
  let isDown = false;
  let disposed: Promise<void> | undefined;

  const signalAll = (signal: NodeJS.Signals): void => {
    if (isDown) return;
    for (const pid of listTree(server.pid())) signalOne(pid, signal);
  };
  const end = async (mode: 'fast' | 'immediate'): Promise<void> => {
    if (isDown) return;
    signalAll('SIGCONT');
    isDown = true;
    await server.stop(mode);
    tellReaper({ forgetGroup: group });
  };
  const kill = async (): Promise<void> => {
    if (isDown) return;
    const tree = listTree(server.pid());
    signalOne(server.pid(), 'SIGKILL');
    // Its other processes see the death of the first by themselves, but not while they are frozen.
    for (const pid of tree) signalOne(pid, 'SIGCONT');
    await end('immediate');
  };
  const restart = async (mode: 'fast' | 'immediate'): Promise<void> => {
    await end(mode);
    server = await start();
    isDown = false;
  };
  const remove = async (): Promise<void> => {
    await end('immediate');
    await folder.remove();
  };

  return {
    name: 'postgres',
    url: server.superuserUrl,
    port,
    pid: () => server.pid(),
    databaseUrl: (database) => server.url(database),
    stop: () => end('fast'),
    kill,
    async freeze() {
      signalAll('SIGSTOP');
      await whenFrozen(isDown ? [] : listTree(server.pid()));
    },
    thaw: () => signalAll('SIGCONT'),
    restart: () => restart('fast'),
    restartImmediate: () => restart('immediate'),
    dispose() {
      disposed ??= remove();
      return disposed;
    },
  };
};

const signalOne = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
