import { type RealServer, realServer, startRedis } from '@gatehouse/testing/servers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRedisLimiter } from './redis-limiter-fixture.ts';

const six = { limit: 6, windowMs: 3_600_000 };

realServer('redis').describe('on a real Redis', () => {
  describe('two limiters', () => {
    it('know of each other, and share a limit out when Redis goes', async () => {
      const server = await startRedis();
      onTestFinished(server.dispose);
      const one = await startRedisLimiter(server.url);
      const two = await startRedisLimiter(server.url);
      expect(await one.limiter.take('a', six)).toBe(5);

      await server.kill();
      await expect.poll(() => two.limiter.report().mode).toBe('local');

      expect([1, 2, 3, 4].map(() => two.limiter.take('b', six))).toEqual([2, 1, 0, expect.any(Number)]);
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
      const { limiter, logger } = await startRedisLimiter(server.url, { startMs: 30_000, answerMs: 2000 });
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
});
