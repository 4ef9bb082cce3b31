import { type Clock, systemClock } from '@gatehouse/resilience';
import { captureLogger } from '@gatehouse/testing';
import { type RealServer, realServer, startRedis } from '@gatehouse/testing/servers';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { contractBytes, contractVariants, describeCacheStore } from './cache-store.contract.ts';
import { addressAt, answerOf, findIn, keepIn, textIn } from './contract-fixture.ts';
import { createRedisStore } from './redis-store.ts';
import type { SharedStoreBounds } from './shared-store.ts';

/** Where the result matters, not the time: on a machine that is busy with other tests. */
const patient: Partial<SharedStoreBounds> = { answerMs: 30_000 };

const startStore = async (
  url: string,
  given: Partial<SharedStoreBounds> = patient,
  clock: Clock = systemClock,
) => {
  const logger = captureLogger();
  const store = createRedisStore({
    ...{ url, clock, logger, bounds: given },
    ...{ maxBytes: () => contractBytes, maxVariants: contractVariants, maxEntries: 20 },
  });
  onTestFinished(store.close);
  await expect.poll(() => store.report().mode).toBe('shared');
  return { store, logger };
};

realServer('redis').describe('on a real Redis', () => {
  let redis: RealServer;
  let admin: ReturnType<typeof createClient>;

  beforeAll(async () => {
    redis = await startRedis();
    admin = createClient({ url: redis.url });
    admin.on('error', () => {});
    await admin.connect();
  });
  afterAll(async () => {
    admin?.destroy();
    await redis?.dispose();
  });

  describeCacheStore('Redis', async () => {
    await admin.flushAll();
    let aheadMs = 0;
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
    const [{ store }, { store: other }] = await Promise.all([
      startStore(redis.url, patient, clock),
      startStore(redis.url, patient, clock),
    ]);
    return {
      ...{ store, other, settled: store.settled, now: clock.now },
      elapse: async (ms) => {
        aheadMs += ms;
      },
    };
  });

  describe('same GETs: what is in Redis', () => {
    const ends = (): number => Date.now() + 60_000;
    const keys = () => admin.keys('*');

    it('is found by whoever asks right after it was kept, also in a Redis that has just started', async () => {
      const server = await startRedis();
      onTestFinished(server.dispose);
      const { store } = await startStore(server.url);
      await keepIn(store, addressAt('/a'), answerOf('x', { keepUntilMs: ends() }));

      expect(await textIn(store, addressAt('/a'))).toBe('x');
    });

    it('has a time to live, every key but the count', async () => {
      await admin.flushAll();
      const { store } = await startStore(redis.url);
      await keepIn(store, addressAt('/a'), answerOf('x', { keepUntilMs: ends() }));
      await store.settled();
      await store.forget(addressAt('/b').path);

      for (const key of (await keys()).filter((one) => one.includes(':path:'))) {
        expect(await admin.pTTL(key)).toBeGreaterThan(0);
      }
      expect(await admin.hGetAll('gatehouse:{cache}:sizes')).toMatchObject({
        '': expect.stringMatching(/^\d+$/),
      });
    });

    it('shows neither who asked nor what for', async () => {
      await admin.flushAll();
      const { store } = await startStore(redis.url);
      const address = addressAt('/secret-path', { query: '?token=geheim', host: 'secret.example' });
      await keepIn(store, address, answerOf('x', { keepUntilMs: ends(), varyNames: ['x'] }), { x: 'geheim' });
      await store.settled();
      const dump = await Promise.all(
        (await keys()).filter((key) => key.includes(':path:')).map((key) => admin.hGetAll(key)),
      );

      expect(JSON.stringify([await keys(), dump])).not.toMatch(/secret|geheim/);
    });

    it('is counted to the byte, whatever is kept, replaced, forgotten and over', async () => {
      await admin.flushAll();
      const { store } = await startStore(redis.url);
      for (let index = 0; index < 200; index += 1) {
        const address = addressAt(`/${index % 7}`, { query: `?${index % 5}` });
        const more = { varyNames: ['x'], keepUntilMs: Date.now() + (index % 3 === 0 ? 5 : 60_000) };
        const answer = answerOf('x'.repeat((index * 7919) % 20_000), more);
        await keepIn(store, address, answer, { x: `${index % 6}` });
        if (index % 11 === 0) await store.forget(address.path);
      }
      await store.settled();
      let real = 0;
      for (const key of (await keys()).filter((one) => one.includes(':path:'))) {
        const fields = await admin.hKeys(key);
        for (const field of fields.filter((one) => one.startsWith('v:'))) {
          real += Number(await admin.sendCommand(['HSTRLEN', key, field]));
        }
      }
      const { '': total, ...sizes } = await admin.hGetAll('gatehouse:{cache}:sizes');

      expect(Number(total)).toBe(Object.values(sizes).reduce((sum, size) => sum + Number(size), 0));
      expect(Number(total)).toBeGreaterThanOrEqual(real);
      expect(Number(total)).toBeLessThanOrEqual(contractBytes);
      expect(Math.abs(Number(total) - real)).toBeLessThan(40_000);
    });

    it('is bounded by path: who makes up queries drops only what is there', async () => {
      await admin.flushAll();
      const { store } = await startStore(redis.url);
      await keepIn(store, addressAt('/other'), answerOf('stays', { keepUntilMs: ends() }));
      for (let index = 0; index < 100; index += 1) {
        await keepIn(store, addressAt('/a', { query: `?${index}` }), answerOf('x', { keepUntilMs: ends() }));
      }
      await store.settled();
      const lengths = await Promise.all(
        (await keys()).filter((one) => one.includes(':path:')).map((key) => admin.hLen(key)),
      );

      expect(Math.max(...lengths)).toBeLessThanOrEqual(3 * 20 + 3);
      expect(await textIn(store, addressAt('/other'))).toBe('stays');
    });

    it('is dropped as a whole when a gateway has lost count of what it owes', async () => {
      await admin.flushAll();
      const server = await startRedis();
      onTestFinished(server.dispose);
      const { store } = await startStore(server.url, { ...patient, owedPaths: 2 });
      for (let index = 0; index < 15; index += 1) {
        await keepIn(store, addressAt(`/${index}`), answerOf('x', { keepUntilMs: ends() }));
      }
      await store.settled();
      await server.freeze();
      await expect.poll(() => store.report().mode, { timeout: 30_000 }).toBe('away');
      for (const path of ['p', 'q', 'r']) await store.forget(addressAt(path).path);
      server.thaw();
      await expect.poll(() => store.report().mode, { timeout: 30_000 }).toBe('shared');

      expect(await textIn(store, addressAt('/3'))).toBeUndefined();
    });
  });

  describe.each([
    ['killed', (server: RealServer) => server.kill()],
    ['frozen', async (server: RealServer) => server.freeze()],
    ['stopped', (server: RealServer) => server.stop()],
  ] as const)('same GETs: a Redis that is %s', (fault, strike) => {
    it('is a miss at once, and used again when it is back', async () => {
      const server = await startRedis();
      onTestFinished(server.dispose);
      const { store, logger } = await startStore(server.url, { answerMs: 500 });
      await keepIn(store, addressAt('/a'), answerOf('x', { keepUntilMs: Date.now() + 60_000 }));
      await store.settled();
      expect(await textIn(store, addressAt('/a'))).toBe('x');

      await strike(server);
      const found = await Promise.all([1, 2, 3].map(() => findIn(store, addressAt('/a'))));
      expect(found.map(({ answer }) => answer)).toEqual([undefined, undefined, undefined]);
      await expect.poll(() => store.report().mode).toBe('away');

      if (fault === 'frozen') server.thaw();
      else await server.restart();
      await expect.poll(() => store.report().mode, { timeout: 30_000 }).toBe('shared');
      await keepIn(store, addressAt('/b'), answerOf('y', { keepUntilMs: Date.now() + 60_000 }));
      await store.settled();
      expect(await textIn(store, addressAt('/b'))).toBe('y');
      expect(logger.lines.map((line) => (line as { level: number }).level)).toEqual([30, 40, 30]);
    });
  });
});
