import { createRemoteKeys, createRevocationList, generateSigningKey, type JwkSet } from '@gatehouse/auth';
import { systemClock } from '@gatehouse/resilience';
import { openTestDatabase, type TestDatabase } from '@gatehouse/testing';
import { realServer } from '@gatehouse/testing/servers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NotesOptions, notesService } from '../testing/notes-service.ts';
import { runService } from './run-service.ts';

const consul = realServer('consul');
const rabbitMq = realServer('rabbitmq');
const name = `lonely-${process.pid}`;

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase('run-service');
});
afterAll(() => database?.drop());

/** Nobody plays users here: the service has keys of its own, or waits for them. */
const tokensFrom = (fetchKeys: () => Promise<JwkSet>): NotesOptions['tokens'] => ({
  keys: createRemoteKeys({ clock: systemClock, fetchKeys }),
  revocations: createRevocationList({
    clock: systemClock,
    fetchSince: async () => ({ revocations: [], cursor: '0' }),
  }),
});

const run = (fetchKeys: () => Promise<JwkSet>) => {
  const said: string[] = [];
  const ledger = { effects: 0, conflicts: 0, timerTicks: 0, heard: [] };
  const code = runService(notesService({ ledger, name, tokens: tokensFrom(fetchKeys) }), {
    variables: {
      [`${name.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`]: database.url,
      RABBITMQ_URL: rabbitMq.url,
      CONSUL_HTTP_ADDR: consul.url,
      SERVICE_TOKEN_SECRET: 'a secret of at least 32 characters',
      LOG_LEVEL: 'fatal',
    },
    complain: (text) => said.push(text),
  });
  return { code, said };
};

const listed = async (): Promise<readonly { Status: string }[]> => {
  const answer = await fetch(`${consul.url}/v1/health/checks/${name}`);
  return (await answer.json()) as readonly { Status: string }[];
};

consul.describe('a service that runs alone', () => {
  rabbitMq.describe('on Consul and RabbitMQ', () => {
    it('is found by others, and ends well when it is told to', async () => {
      const { code, said } = run(async () => ({ keys: [(await generateSigningKey()).publicJwk] }));
      await expect.poll(listed, { timeout: 60_000 }).toMatchObject([{ Status: 'passing' }]);

      process.emit('SIGTERM', 'SIGTERM');

      expect(await code).toBe(0);
      expect(said).toEqual([]);
      expect(await listed()).toEqual([]);
    });

    it('ends well too while it still waits for users', async () => {
      let waiting = false;
      const { code } = run(() => {
        waiting = true;
        return new Promise(() => {});
      });
      await expect.poll(() => waiting, { timeout: 60_000 }).toBe(true);

      process.emit('SIGTERM', 'SIGTERM');

      expect(await code).toBe(0);
      expect(await listed()).toEqual([]);
    });
  });
});
