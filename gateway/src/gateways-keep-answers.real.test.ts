import { systemClock } from '@gatehouse/resilience';
import { captureLogger } from '@gatehouse/testing';
import { type RealServer, realServer, startRedis } from '@gatehouse/testing/servers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRedisStore } from './cache/redis-store.ts';
import { instanceAt } from './fixture/fake-registry.ts';
import { startTestGateway } from './fixture/start-test-gateway.ts';
import { type Answer, startUpstream } from './fixture/start-upstream.ts';

const config = 'routes: [{ name: r, path: /api/*, service: posts, auth: optional, cache: {} }]';

realServer('redis').describe('on a real Redis', () => {
  let redis: RealServer;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis?.dispose();
  });

  /** Two gateways before one service. */
  const startBoth = async (url: string, answer: Answer) => {
    const service = await startUpstream(answer);
    onTestFinished(() => service.kill());
    const stores: ReturnType<typeof createRedisStore>[] = [];
    const open = async () => {
      const gateway = await startTestGateway({
        config,
        openStore: (maxBytes) => {
          const bounds = { answerMs: 2000 };
          const store = createRedisStore({
            url,
            clock: systemClock,
            logger: captureLogger(),
            maxBytes,
            bounds,
          });
          stores.push(store);
          return store;
        },
      });
      gateway.registry.set('posts', [instanceAt('posts', service.port)]);
      return gateway.url;
    };
    const urls = [await open(), await open()] as const;
    await vi.waitFor(() => expect(stores.map((store) => store.report().mode)).toEqual(['shared', 'shared']));
    const ask = async (gateway: 0 | 1, init: RequestInit = {}) => {
      const answered = await fetch(`${urls[gateway]}/api/x`, init);
      return {
        status: answered.status,
        text: await answered.text(),
        cache: answered.headers.get('cache-status'),
      };
    };
    return { ask, service, stores };
  };

  const counting = (): Answer => {
    let count = 0;
    return (_request, response) => {
      count += 1;
      response
        .writeHead(200, { 'cache-control': 'public, max-age=60', 'content-length': '1' })
        .end(`${count}`);
    };
  };

  describe('same GETs: a gateway whose Redis is gone', () => {
    it('asks the service, and answers nobody with an error', async () => {
      const server = await startRedis();
      onTestFinished(server.dispose);
      const { ask, stores } = await startBoth(server.url, counting());
      expect([(await ask(0)).text, (await ask(0)).text]).toEqual(['1', '1']);
      await server.kill();
      const answers = [await ask(0), await ask(0), await ask(1)];

      expect(answers.map(({ status, text }) => [status, text])).toEqual([
        ...[
          [200, '2'],
          [200, '3'],
          [200, '4'],
        ],
      ]);
      expect(stores[0]?.report().mode).toBe('away');
    });
  });

  describe('same GETs: what a write makes worthless', () => {
    it('is not found by any gateway after it was answered, 100 times', async () => {
      let version = 0;
      const { ask } = await startBoth(redis.url, ({ method }, response) => {
        if (method === 'PUT') version += 1;
        response.writeHead(200, {
          'cache-control': 'max-age=60',
          'content-length': String(`${version}`.length),
        });
        response.end(`${version}`);
      });
      let hits = 0;
      for (let index = 1; index <= 100; index += 1) {
        await Promise.all([ask(0), ask(1)]);
        await ask((index % 2) as 0 | 1, { method: 'PUT', body: 'x' });
        const [here, there] = await Promise.all([ask(0), ask(1)]);
        expect([here.text, there.text]).toEqual([`${index}`, `${index}`]);
        const again = await ask(1);
        if (again.cache?.includes('; hit') === true) hits += 1;
      }

      expect(hits).toBeGreaterThan(90);
    });
  });
});
