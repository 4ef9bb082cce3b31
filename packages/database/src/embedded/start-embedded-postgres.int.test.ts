import { once } from 'node:events';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, openFolder } from './fixture/embedded-for-tests.ts';

let folder: Awaited<ReturnType<typeof openFolder>>;

beforeAll(async () => {
  folder = await openFolder();
});
afterEach(() => folder.stopAll());
afterAll(() => folder.remove());

describe('the embedded PostgreSQL', () => {
  it('keeps what was written, and its port, over a restart', async () => {
    const first = await folder.start();
    await ask(first.url('posts'), 'create table posts as select 7 as id');
    await first.stop();

    const second = await folder.start();

    expect(await ask(second.url('posts'), 'select id from posts')).toEqual([{ id: 7 }]);
    expect(second.port).toBe(first.port);
    expect(second.report()).toMatchObject({ state: 'running', takenOver: false, restarts: 0 });
  });

  it('gives each service a role that owns its own database and nothing else', async () => {
    const postgres = await folder.start();
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
    const postgres = await folder.start();
    const url = new URL(postgres.url('posts'));
    url.password = 'wrong';

    await expect(ask(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(folder.dataDir, 'secret'))).mode & 0o777).toBe(0o600);
  });

  it('stores safely by default', async () => {
    const postgres = await folder.start({ settings: {} });

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
    const postgres = await folder.start();

    expect(await ask(postgres.url('posts'), "select lower('ÄÖÜ Ж') as text")).toEqual([{ text: 'äöü ж' }]);
  });

  it('adds a database that is asked for later', async () => {
    await (await folder.start()).stop();
    const postgres = await folder.start({ databases: ['posts', 'users', 'orders'] });

    expect(await ask(postgres.url('orders'), 'select current_user as name')).toEqual([{ name: 'orders' }]);
  });
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

    await expect(folder.start({ port })).rejects.toMatchObject({
      code: 'port_taken',
      message: `Port ${port} is taken.`,
    });
    server.close();
  });

  it('of the last time that is taken meanwhile gives way to another', async () => {
    const first = await folder.start();
    await first.stop();
    const server = await listening(first.port);

    const second = await folder.start();

    expect(second.port).not.toBe(first.port);
    await ask(second.url('posts'), 'select 1');
    server.close();
  });
});

describe('a folder that does not fit', () => {
  it('because of another major version is left as it is', async () => {
    const { dataDirectory } = await folder.start().then(async (postgres) => {
      await postgres.stop();
      return postgres.report();
    });
    const file = join(dataDirectory, 'PG_VERSION');
    await writeFile(file, '17\n');

    await expect(folder.start()).rejects.toMatchObject({ code: 'data_dir_incompatible' });

    await writeFile(file, '18\n');
  });

  it('because of something else in it is left as it is', async () => {
    const foreign = join(folder.root, 'foreign');
    await mkdir(join(foreign, 'pgdata'), { recursive: true });
    await writeFile(join(foreign, 'pgdata', 'diary.txt'), 'dear diary');

    await expect(folder.start({ dataDir: foreign })).rejects.toMatchObject({ code: 'data_dir_unusable' });
    expect(await readFile(join(foreign, 'pgdata', 'diary.txt'), 'utf8')).toBe('dear diary');
  });
});

describe.runIf(process.getuid?.() === 0)('under root, in a folder that only root can enter', () => {
  it('keeps the data where its own account can, and finds them again', async () => {
    const closed = join(folder.root, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const hidden = join(closed, 'data');
    const first = await folder.start({ dataDir: hidden });
    await ask(first.url('posts'), 'create table kept as select 1 as id');
    const { dataDirectory } = first.report();
    await first.stop();

    const second = await folder.start({ dataDir: hidden });

    expect(dataDirectory).toMatch(/^\/var\/lib\/gatehouse\//);
    expect(await readFile(join(hidden, 'location'), 'utf8')).toBe(`${dataDirectory}\n`);
    expect(await ask(second.url('posts'), 'select id from kept')).toEqual([{ id: 1 }]);
    expect((await stat(dataDirectory)).uid).not.toBe(0);
    await second.stop();
    await rm(dirname(dataDirectory), { recursive: true });
  });
});
