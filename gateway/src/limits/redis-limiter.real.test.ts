import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { type RealServer, realServer, startRedis } from '@gatehouse/testing/servers';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeLimiter } from './limiter.contract.ts';
import { startRedisLimiter } from './redis-limiter-fixture.ts';

const hourMs = 3_600_000;
const six = { limit: 6, windowMs: hourMs };

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

  /** All counts as they would be that much later. */
  const elapse = async (ms: number): Promise<void> => {
    for (const key of await admin.keys('gatehouse:limit:*')) {
      const [since, ...rest] = String(await admin.get(key)).split(' ');
      await admin.set(key, [Number(since) - ms * 1000, ...rest].join(' '), { expiration: 'KEEPTTL' });
    }
  };

  describeLimiter('Redis', async () => {
    await admin.flushAll();
    const [{ limiter }, { limiter: other }] = await Promise.all([
      startRedisLimiter(redis.url),
      startRedisLimiter(redis.url),
    ]);
    expect([limiter.report().mode, other.report().mode]).toEqual(['shared', 'shared']);
    return { limiter, other, elapse };
  });

  describe('two limiters on one Redis', () => {
    it('let together at most 1% more through than the limit, while it is refilled too', async () => {
      const [one, two] = await Promise.all([startRedisLimiter(redis.url), startRedisLimiter(redis.url)]);
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
  });

  describe('a count in Redis', () => {
    it('goes by itself when it has everything back', async () => {
      await admin.flushAll();
      const { limiter } = await startRedisLimiter(redis.url);
      await limiter.take('a', six);
      const leftMs = await admin.pTTL('gatehouse:limit:{a}');

      expect(leftMs).toBeGreaterThan(hourMs / 6 - 60_000);
      expect(leftMs).toBeLessThanOrEqual(hourMs / 6 + 2);
    });

    it('survives that Redis forgets its scripts', async () => {
      const { limiter } = await startRedisLimiter(redis.url);
      await limiter.take('scripts', six);
      await admin.scriptFlush();

      expect(await limiter.take('scripts', six)).toBe(4);
      expect(limiter.report()).toEqual({ mode: 'shared', fallbacks: 0 });
    });

    it('locks nobody out for longer than a window when the clock of Redis was set back', async () => {
      const { limiter } = await startRedisLimiter(redis.url);
      await limiter.take('clock', six);
      await elapse(-100 * hourMs);

      const refused = await limiter.take('clock', six);
      expect(refused).toBeLessThan(0);
      expect(refused).toBeGreaterThanOrEqual(-hourMs / 6);
    });

    it('is begun anew where something else stands under its key', async () => {
      const { limiter } = await startRedisLimiter(redis.url);
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

      const known = await startRedisLimiter(url('a:secret/word'));
      const wrong = await startRedisLimiter(url('another-secret'), { startMs: 500 });

      expect([known.limiter.report().mode, wrong.limiter.report().mode]).toEqual(['shared', 'local']);
      expect(wrong.limiter.take('a', six)).toBe(5);
      expect(wrong.logger.lines).toMatchObject([{ cause: expect.stringContaining('WRONGPASS') }]);
      expect(JSON.stringify([known.logger.lines, wrong.logger.lines])).not.toContain('secret');
    });
  });

  describe('a Redis behind TLS', () => {
    it('is used when its certificate is good, and only then', async () => {
      const { key, cert } = await makeCertificate();
      const server = createServer({ key, cert }, (socket) => {
        const upstream = connect(redis.port, '127.0.0.1');
        socket.pipe(upstream).pipe(socket);
        for (const one of [socket, upstream]) one.on('error', () => {});
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      onTestFinished(() => void server.close());
      const url = `rediss://localhost:${(server.address() as AddressInfo).port}`;

      const stranger = await startRedisLimiter(url, { startMs: 500 });
      const authorities = getCACertificates('default');
      setDefaultCACertificates([...authorities, cert]);
      onTestFinished(() => setDefaultCACertificates(authorities));
      const known = await startRedisLimiter(url);

      expect(stranger.limiter.report().mode).toBe('local');
      expect(stranger.logger.lines).toMatchObject([{ cause: 'DEPTH_ZERO_SELF_SIGNED_CERT' }]);
      expect(known.limiter.report().mode).toBe('shared');
    });
  });
});

const makeCertificate = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-certificate-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await promisify(execFile)('openssl', ['req', ...kind, ...subject, ...files]);
  const [key, cert] = await Promise.all(
    ['key.pem', 'cert.pem'].map((file) => readFile(join(folder, file), 'utf8')),
  );
  return { key: key ?? '', cert: cert ?? '' };
};
