import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../database.ts';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './start-embedded-postgres.ts';

const fast = { fsync: 'off' };
let root: string;
let dataDir: string;
let started: EmbeddedPostgres[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gatehouse-embedded-'));
  await chmod(root, 0o755);
  dataDir = join(root, 'one');
});
afterEach(async () => {
  await Promise.all(started.map((postgres) => postgres.stop('immediate')));
  started = [];
});
afterAll(() => rm(root, { recursive: true, force: true }));

const start = async (options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> => {
  const postgres = await startEmbeddedPostgres({
    dataDir,
    databases: ['posts', 'users'],
    settings: fast,
    ...options,
  });
  started.push(postgres);
  return postgres;
};

const ask = async <T>(url: string, statement: string): Promise<readonly T[]> => {
  const { db, close } = openDatabase({ url, applicationName: 'test' });
  try {
    return (await sql<T>`${sql.raw(statement)}`.execute(db)).rows;
  } finally {
    await close();
  }
};

/** Starts a server from another process, which is then killed. */
const startAndDie = async (): Promise<number> => {
  const module = JSON.stringify(new URL('./start-embedded-postgres.ts', import.meta.url).href);
  const options = JSON.stringify({ dataDir, databases: ['posts', 'users'], settings: fast });
  const code = `const { startEmbeddedPostgres } = await import(${module});
    const postgres = await startEmbeddedPostgres(${options});
    console.log(postgres.pid());
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = await Promise.all([once(child.stdout, 'data'), once(child, 'exit')]);
  return Number(String(pid));
};

describe('the embedded PostgreSQL', () => {
  it('keeps what was written, and its port, over a restart', async () => {
    const first = await start();
    await ask(first.url('posts'), 'create table posts as select 7 as id');
    await first.stop();

    const second = await start();

    expect(await ask(second.url('posts'), 'select id from posts')).toEqual([{ id: 7 }]);
    expect(second.port).toBe(first.port);
    expect(second.report()).toMatchObject({ state: 'running', takenOver: false, restarts: 0 });
  });

  it('gives each service a role that owns its own database and nothing else', async () => {
    const postgres = await start();
    const intruding = postgres.url('posts').replace(/posts$/, 'users');

    await expect(ask(intruding, 'select 1')).rejects.toMatchObject({ code: '42501' });
    await expect(ask(postgres.url('posts').replace(/posts$/, 'postgres'), 'select 1')).rejects.toMatchObject({
      code: '42501',
    });
    expect(
      await ask(
        postgres.url('posts'),
        'select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user',
      ),
    ).toEqual([{ rolsuper: false, rolcreatedb: false, rolcreaterole: false }]);
  });

  it('lets nobody in without the password', async () => {
    const postgres = await start();
    const url = new URL(postgres.url('posts'));
    url.password = 'wrong';

    await expect(ask(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(dataDir, 'secret'))).mode & 0o777).toBe(0o600);
  });

  it('stores safely by default', async () => {
    const postgres = await start({ settings: {} });

    expect(
      await ask(
        postgres.url('posts'),
        "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses') order by name",
      ),
    ).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'full_page_writes', setting: 'on' },
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'synchronous_commit', setting: 'on' },
    ]);
  });

  it('knows upper and lower case of every script', async () => {
    const postgres = await start();

    expect(await ask(postgres.url('posts'), "select lower('ÄÖÜ Ж') as text")).toEqual([{ text: 'äöü ж' }]);
  });

  it('adds a database that is asked for later', async () => {
    await (await start()).stop();
    const postgres = await start({ databases: ['posts', 'users', 'orders'] });

    expect(await ask(postgres.url('orders'), 'select current_user as name')).toEqual([{ name: 'orders' }]);
  });
});

describe('a second start on the same folder', () => {
  it('is refused while the first lives', async () => {
    await start();

    await expect(start()).rejects.toMatchObject({
      code: 'data_dir_in_use',
      details: { holder: `process ${process.pid}` },
    });
  });

  it('takes over the server of a process that was killed', async () => {
    const pid = await startAndDie();
    const onNotice = vi.fn();

    const postgres = await start({ onNotice });

    expect(postgres.pid()).toBe(pid);
    expect(postgres.report().takenOver).toBe(true);
    expect(onNotice).toHaveBeenCalledWith(expect.stringContaining('took over'));
    await ask(postgres.url('posts'), 'select 1');
  });

  it('stops such a server first when it would be another one now', async () => {
    const pid = await startAndDie();

    const postgres = await start({ settings: { ...fast, work_mem: '8MB' } });

    expect(postgres.pid()).not.toBe(pid);
    expect(await ask(postgres.url('posts'), 'show work_mem')).toEqual([{ work_mem: '8MB' }]);
  });

  it('recovers what a crash of everything left', async () => {
    const first = await start();
    await ask(first.url('posts'), 'create table kept as select 1 as id');
    await first.stop('immediate');

    const second = await start();

    expect(await ask(second.url('posts'), 'select id from kept')).toEqual([{ id: 1 }]);
  });

  it('is not fooled by a pid file whose process is somebody else now', async () => {
    const { pgdata, port } = await start().then(async (postgres) => {
      const report = { pgdata: postgres.report().dataDirectory, port: postgres.port };
      await postgres.stop();
      return report;
    });
    await writeFile(
      join(pgdata, 'postmaster.pid'),
      `${process.pid}\n${pgdata}\n1795395895\n${port}\n\n127.0.0.1\n\nready   \n`,
    );

    const postgres = await start();

    expect(postgres.pid()).not.toBe(process.pid);
    await ask(postgres.url('posts'), 'select 1');
  });

  it('clears away an initdb that was killed', async () => {
    const { dataDirectory } = await start().then(async (postgres) => {
      await postgres.stop();
      return postgres.report();
    });
    const half = join(dirname(dataDirectory), 'initdb-1');
    await mkdir(half);

    await start();

    await expect(stat(half)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a server that is killed while it is used', () => {
  it.each(['SIGQUIT', 'SIGKILL'] as const)(
    'by %s comes back, and nobody who used it dies',
    async (signal) => {
      const postgres = await start();
      const { db, ping, close } = openDatabase({ url: postgres.url('posts'), applicationName: 'test' });
      const { promise: inside, resolve: enter } = Promise.withResolvers<void>();
      const underWay = db.transaction().execute(async (tx) => {
        await sql`select 1`.execute(tx);
        enter();
        await sql`select pg_sleep(30)`.execute(tx);
      });
      const outcome = underWay.then(
        () => 'done',
        () => 'failed',
      );
      await inside;
      await Promise.all([ping(), ping(), ping()]); // connections that are idle when it happens
      const before = postgres.pid();

      process.kill(before, signal);

      expect(await outcome).toBe('failed');
      await vi.waitFor(() => ping(500), { timeout: 15_000, interval: 50 });
      expect(postgres.pid()).not.toBe(before);
      expect(postgres.report()).toMatchObject({ state: 'running', restarts: 1 });
      await close();
    },
  );
});

describe('a port', () => {
  const listening = async (port: number) => {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };

  it('that was asked for and is taken is refused', async () => {
    const server = await listening(0);
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    await expect(start({ port })).rejects.toMatchObject({
      code: 'port_taken',
      message: `Port ${port} is taken.`,
    });
    server.close();
  });

  it('of the last time that is taken meanwhile gives way to another', async () => {
    const first = await start();
    await first.stop();
    const server = await listening(first.port);

    const second = await start();

    expect(second.port).not.toBe(first.port);
    await ask(second.url('posts'), 'select 1');
    server.close();
  });
});

describe('a folder that does not fit', () => {
  it('because of another major version is left as it is', async () => {
    const { dataDirectory } = await start().then(async (postgres) => {
      await postgres.stop();
      return postgres.report();
    });
    const file = join(dataDirectory, 'PG_VERSION');
    await writeFile(file, '17\n');

    await expect(start()).rejects.toMatchObject({ code: 'data_dir_incompatible' });

    await writeFile(file, '18\n');
  });

  it('because of something else in it is left as it is', async () => {
    const foreign = join(root, 'foreign');
    await mkdir(join(foreign, 'pgdata'), { recursive: true });
    await writeFile(join(foreign, 'pgdata', 'diary.txt'), 'dear diary');

    await expect(start({ dataDir: foreign })).rejects.toMatchObject({ code: 'data_dir_unusable' });
    expect(await readFile(join(foreign, 'pgdata', 'diary.txt'), 'utf8')).toBe('dear diary');
  });
});

describe.runIf(process.getuid?.() === 0)('under root, in a folder that only root can enter', () => {
  it('keeps the data where its own account can, and finds them again', async () => {
    const closed = join(root, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const hidden = join(closed, 'data');
    const first = await start({ dataDir: hidden });
    await ask(first.url('posts'), 'create table kept as select 1 as id');
    const { dataDirectory } = first.report();
    await first.stop();

    const second = await start({ dataDir: hidden });

    expect(dataDirectory).toMatch(/^\/var\/lib\/gatehouse\//);
    expect(await readFile(join(hidden, 'location'), 'utf8')).toBe(`${dataDirectory}\n`);
    expect(await ask(second.url('posts'), 'select id from kept')).toEqual([{ id: 1 }]);
    expect((await stat(dataDirectory)).uid).not.toBe(0);
    await second.stop();
    await rm(dirname(dataDirectory), { recursive: true });
  });
});
