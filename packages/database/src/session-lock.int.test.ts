import { createManualClock, openTestDatabase, type TestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { acquireSessionLock } from './session-lock.ts';

let server: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await openTestDatabase('session_lock');
  database = openDatabase({ url: server.url, applicationName: 'test' });
});
afterAll(async () => {
  await database.close();
  await server.drop();
});

const acquire = (key: string, onLost = () => {}, clock = createManualClock()) =>
  acquireSessionLock({ url: server.url, key, clock, onLost });

const endHolder = (key: string) =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = ${`gatehouse lock: ${key}`}`.execute(database.db);

describe('a lock', () => {
  it('has one holder; others get nothing, and go on', async () => {
    const lock = await acquire('relay');

    expect(lock).toBeDefined();
    expect(await acquire('relay')).toBeUndefined();
    const other = await acquire('another relay');
    expect(other).toBeDefined();

    await Promise.all([lock?.release(), other?.release()]);
  });

  it('is free after its release, which is no loss', async () => {
    const onLost = vi.fn();
    const clock = createManualClock();
    const lock = await acquire('released', onLost, clock);
    await lock?.release();

    const next = await acquire('released');

    expect(next).toBeDefined();
    expect(onLost).not.toHaveBeenCalled();
    expect(clock.pending()).toBe(0);
    await next?.release();
  });

  it('that is lost is told once, and free for the next', async () => {
    const onLost = vi.fn();
    const lock = await acquire('lost', onLost);

    await endHolder('lost');

    await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce());
    const next = await acquire('lost');
    expect(next).toBeDefined();
    await Promise.all([lock?.release(), next?.release()]);
    expect(onLost).toHaveBeenCalledOnce();
  });

  it('stays held over many heartbeats', async () => {
    const clock = createManualClock();
    const onLost = vi.fn();
    const lock = await acquire('long', onLost, clock);

    for (let beat = 0; beat < 5; beat++) {
      await vi.waitFor(() => expect(clock.pending()).toBe(1));
      await clock.advance(5_000);
    }

    expect(await acquire('long')).toBeUndefined();
    expect(onLost).not.toHaveBeenCalled();
    await lock?.release();
  });

  it('cannot be asked for while the database is away', async () => {
    const asked = acquireSessionLock({
      url: 'postgres://x:x@127.0.0.1:1/x',
      key: 'relay',
      clock: createManualClock(),
      onLost: () => {},
    });

    await expect(asked).rejects.toMatchObject({ code: 'database_unavailable' });
  });
});
