import { systemClock } from '@gatehouse/resilience';
import { createManualClock, openTestDatabase, type TestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { listen } from './listen.ts';

let server: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await openTestDatabase('listen');
  database = openDatabase({ url: server.url, applicationName: 'test' });
});
afterAll(async () => {
  await database.close();
  await server.drop();
});

const notify = (channel: string, payload: string) =>
  sql`select pg_notify(${channel}, ${payload})`.execute(database.db);

const endListeners = () =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'gatehouse listen' and datname = current_database()`.execute(database.db);

describe('listening', () => {
  it('hears its channels, and is told at first that it may have missed something', async () => {
    const onNotification = vi.fn();
    const listening = listen({
      url: server.url,
      channels: ['outbox', 'In Box'],
      onNotification,
      clock: systemClock,
    });
    await vi.waitFor(() => expect(onNotification).toHaveBeenCalledTimes(2));

    await notify('outbox', 'one');
    await notify('other', 'unheard');
    await notify('In Box', 'two');

    await vi.waitFor(() => expect(onNotification).toHaveBeenCalledTimes(4));
    expect(onNotification.mock.calls).toEqual([
      ['outbox', ''],
      ['In Box', ''],
      ['outbox', 'one'],
      ['In Box', 'two'],
    ]);
    await listening.close();
  });

  it('comes back after its connection was lost, and says that something may have been missed', async () => {
    const clock = createManualClock();
    const onNotification = vi.fn();
    const onError = vi.fn();
    const listening = listen({ url: server.url, channels: ['outbox'], onNotification, clock, onError });
    await vi.waitFor(() => expect(onNotification).toHaveBeenCalledTimes(1));

    await endListeners();
    await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce());
    await clock.advance(100);

    await vi.waitFor(() => expect(onNotification).toHaveBeenCalledTimes(2));
    await notify('outbox', 'heard again');
    await vi.waitFor(() => expect(onNotification).toHaveBeenLastCalledWith('outbox', 'heard again'));
    await listening.close();
    expect(clock.pending()).toBe(0);
  });

  it('waits longer and longer while the database is away, at most 5 s', async () => {
    const clock = createManualClock();
    const onError = vi.fn();
    const listening = listen({
      url: 'postgres://x:x@127.0.0.1:1/x',
      channels: ['outbox'],
      onNotification: () => {},
      clock,
      onError,
      random: () => 1,
    });
    const delays = [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000];

    for (const [attempt, delayMs] of delays.entries()) {
      await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(attempt + 1));
      await vi.waitFor(() => expect(clock.pending()).toBe(1));
      await clock.advance(delayMs - 1);
      expect(clock.pending()).toBe(1);
      await clock.advance(1);
    }

    await listening.close();
    expect(clock.pending()).toBe(0);
  });
});
