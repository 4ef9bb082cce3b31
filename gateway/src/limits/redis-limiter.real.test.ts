import { systemClock } from '@gatehouse/resilience';
import { captureLogger } from '@gatehouse/testing';
import { type RealServer, startRedis } from '@gatehouse/testing/servers';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeLimiter } from './limiter.contract.ts';
import { createRedisLimiter } from './redis-limiter.ts';
import type { SharedLimiterBounds } from './shared-limiter.ts';

const hourMs = 3_600_000;
const six = { limit: 6, windowMs: hourMs };
/** Where the count matters, not the time: a machine that is busy with other tests. */
const patient = { answerMs: 30_000, startMs: 30_000 };

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

const start = async (bounds: Partial<SharedLimiterBounds> = patient, url = redis.url) => {
  const logger = captureLogger();
  const limiter = createRedisLimiter({ url, clock: systemClock, logger, bounds });
  onTestFinished(limiter.close);
  await limiter.started();
  return { limiter, logger };
};

/** All counts as they would be that much later. */
const elapse = async (ms: number): Promise<void> => {
  for (const key of await admin.keys('gatehouse:limit:*')) {
    const [since, ...rest] = String(await admin.get(key)).split(' ');
    await admin.set(key, [Number(since) - ms * 1000, ...rest].join(' '), { expiration: 'KEEPTTL' });
  }
};

describeLimiter('Redis', async () => {
  await admin.flushAll();
  const [{ limiter }, { limiter: other }] = await Promise.all([start(), start()]);
  expect([limiter.report().mode, other.report().mode]).toEqual(['shared', 'shared']);
  return { limiter, other, elapse };
});

describe('two limiters on one Redis', () => {
  it('let together at most 1% more through than the limit, while it is refilled too', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const limit = { limit: 500, windowMs: 1000 };
    const beganAtMs = performance.now();
    let passed = 0;
    for (let round = 0; round < 20; round += 1) {
      const takes = Array.from({ length: 200 }, (_, index) =>
        (index % 2 === 0 ? one : two).limiter.take('rate', limit),
      );
      for (const left of await Promise.all(takes)) if (left >= 0) passed += 1;
    }
    const seconds = (performance.now() - beganAtMs) / 1000;

    expect(passed).toBeGreaterThanOrEqual(500);
    expect(passed).toBeLessThanOrEqual(1.01 * (500 + 500 * seconds));
  });

  it('know of each other, and share a limit out when Redis goes', async () => {
    const server = await startRedis();
    onTestFinished(server.dispose);
    const one = await start(patient, server.url);
    const two = await start(patient, server.url);
    expect(await one.limiter.take('a', six)).toBe(5);

    await server.kill();
    await expect.poll(() => two.limiter.report().mode).toBe('local');

    expect([1, 2, 3, 4].map(() => two.limiter.take('b', six))).toEqual([2, 1, 0, expect.any(Number)]);
  });
});

describe('a count in Redis', () => {
  it('goes by itself when it has everything back', async () => {
    await admin.flushAll();
    const { limiter } = await start();
    await limiter.take('a', six);
    const leftMs = await admin.pTTL('gatehouse:limit:{a}');

    expect(leftMs).toBeGreaterThan(hourMs / 6 - 60_000);
    expect(leftMs).toBeLessThanOrEqual(hourMs / 6 + 2);
  });

  it('survives that Redis forgets its scripts', async () => {
    const { limiter } = await start();
    await limiter.take('scripts', six);
    await admin.scriptFlush();

    expect(await limiter.take('scripts', six)).toBe(4);
    expect(limiter.report()).toEqual({ mode: 'shared', fallbacks: 0 });
  });

  it('locks nobody out for longer than a window when the clock of Redis was set back', async () => {
    const { limiter } = await start();
    await limiter.take('clock', six);
    await elapse(-100 * hourMs);

    const refused = await limiter.take('clock', six);
    expect(refused).toBeLessThan(0);
    expect(refused).toBeGreaterThanOrEqual(-hourMs / 6);
  });

  it('is begun anew where something else stands under its key', async () => {
    const { limiter } = await start();
    await admin.set('gatehouse:limit:{odd}', 'not ours');

    expect(await limiter.take('odd', six)).toBe(5);
  });
});

describe('a Redis with a password', () => {
  it('is used with it, and never shows it', async () => {
    const server = await startRedis();
    onTestFinished(server.dispose);
    const client = await createClient({ url: server.url }).connect();
    await client.configSet('requirepass', 'a:secret/word');
    client.destroy();
    const url = (password: string) => server.url.replace('//', `//:${encodeURIComponent(password)}@`);

    const known = await start(patient, url('a:secret/word'));
    const wrong = await start({ startMs: 500 }, url('another-secret'));

    expect([known.limiter.report().mode, wrong.limiter.report().mode]).toEqual(['shared', 'local']);
    expect(wrong.limiter.take('a', six)).toBe(5);
    expect(wrong.logger.lines).toMatchObject([{ cause: expect.stringContaining('WRONGPASS') }]);
    expect(JSON.stringify([known.logger.lines, wrong.logger.lines])).not.toContain('secret');
  });
});

describe.each([
  ['killed', (server: RealServer) => server.kill()],
  ['frozen', async (server: RealServer) => server.freeze()],
  ['stopped', (server: RealServer) => server.stop()],
] as const)('a Redis that is %s', (fault, strike) => {
  it('refuses nobody who has something left, lets nobody have more, and is used again when it is back', async () => {
    const server = await startRedis();
    onTestFinished(server.dispose);
    const { limiter, logger } = await start({ startMs: 30_000, answerMs: 2000 }, server.url);
    expect([await limiter.take('a', six), await limiter.take('a', six)]).toEqual([5, 4]);

    await strike(server);
    const meanwhile = await Promise.all(Array.from({ length: 10 }, () => limiter.take('a', six)));
    expect(meanwhile.filter((left) => left >= 0)).toEqual([3, 2, 1, 0]);
    expect(limiter.report()).toEqual({ mode: 'local', fallbacks: 1 });

    if (fault === 'frozen') server.thaw();
    else await server.restart();
    await expect.poll(() => limiter.report().mode, { timeout: 30_000 }).toBe('shared');

    expect(await limiter.take('a', six)).toBeLessThan(0);
    expect(await limiter.take('b', six)).toBe(5);
    expect(logger.lines.map((line) => (line as { level: number }).level)).toEqual([30, 40, 30]);
  });
});
