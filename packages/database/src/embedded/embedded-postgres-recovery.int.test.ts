import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../database.ts';
import { ask, fast, openFolder } from './fixture/embedded-for-tests.ts';

let folder: Awaited<ReturnType<typeof openFolder>>;

beforeAll(async () => {
  folder = await openFolder();
});
afterEach(() => folder.stopAll());
afterAll(() => folder.remove());

describe('a second start on the same folder', () => {
  it('is refused while the first lives', async () => {
    await folder.start();

    await expect(folder.start()).rejects.toMatchObject({
      code: 'data_dir_in_use',
      details: { holder: `process ${process.pid}` },
    });
  });

  it('takes over the server of a process that was killed', async () => {
    const pid = await folder.startAndDie();
    const onNotice = vi.fn();

    const postgres = await folder.start({ onNotice });

    expect(postgres.pid()).toBe(pid);
    expect(postgres.report().takenOver).toBe(true);
    expect(onNotice).toHaveBeenCalledWith(expect.stringContaining('took over'));
    await ask(postgres.url('posts'), 'select 1');
  });

  it('stops such a server first when it would be another one now', async () => {
    const pid = await folder.startAndDie();

    const postgres = await folder.start({ settings: { ...fast, work_mem: '8MB' } });

    expect(postgres.pid()).not.toBe(pid);
    expect(await ask(postgres.url('posts'), 'show work_mem')).toEqual([{ work_mem: '8MB' }]);
  });

  it('recovers what a crash of everything left', async () => {
    const first = await folder.start();
    await ask(first.url('posts'), 'create table kept as select 1 as id');
    await first.stop('immediate');

    const second = await folder.start();

    expect(await ask(second.url('posts'), 'select id from kept')).toEqual([{ id: 1 }]);
  });

  it('is not fooled by a pid file whose process is somebody else now', async () => {
    const { pgdata, port } = await folder.start().then(async (postgres) => {
      const report = { pgdata: postgres.report().dataDirectory, port: postgres.port };
      await postgres.stop();
      return report;
    });
    await writeFile(
      join(pgdata, 'postmaster.pid'),
      `${process.pid}\n${pgdata}\n1795395895\n${port}\n\n127.0.0.1\n\nready   \n`,
    );

    const postgres = await folder.start();

    expect(postgres.pid()).not.toBe(process.pid);
    await ask(postgres.url('posts'), 'select 1');
  });

  it('clears away an initdb that was killed', async () => {
    const { dataDirectory } = await folder.start().then(async (postgres) => {
      await postgres.stop();
      return postgres.report();
    });
    const half = join(dirname(dataDirectory), 'initdb-1');
    await mkdir(half);

    await folder.start();

    await expect(stat(half)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a server that is killed while it is used', () => {
  it.each(['SIGQUIT', 'SIGKILL'] as const)(
    'by %s comes back, and nobody who used it dies',
    async (signal) => {
      const postgres = await folder.start();
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
      // A backend may outlive its postmaster for a moment and still answer: the new server is what to wait for.
      await vi.waitFor(() => expect(postgres.pid()).not.toBe(before), { timeout: 15_000, interval: 50 });
      await vi.waitFor(() => ping(500), { timeout: 15_000, interval: 50 });
      expect(postgres.report()).toMatchObject({ state: 'running', restarts: 1 });
      await close();
    },
  );
});
