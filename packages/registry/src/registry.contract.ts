import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HealthCheck, Instance, Registry, ServiceWatch } from './registry.ts';

/** A service with a `/readyz` that a test turns. */
type FakeService = Readonly<{ port: number; answer(status: number): void; close(): Promise<void> }>;

const openFakeService = async (): Promise<FakeService> => {
  let status = 200;
  const server: Server = createServer((request, response) => {
    response.writeHead(request.url === '/readyz' ? status : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    answer: (next) => {
      status = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/**
 * What every registry does, said through the port alone: real instances behind real HTTP, real time, no sleeps (each test
 * waits for what a watch is told). `quickCheck` is the fastest check that the adapter's server takes.
 */
export const describeRegistry = (
  name: string,
  o: Readonly<{ open: () => Promise<Registry>; quickCheck: Omit<HealthCheck, 'path'>; service?: string }>,
): void => {
  const check: HealthCheck = { path: '/readyz', ...o.quickCheck };
  const service = o.service ?? 'contract';
  let registry: Registry;
  let fakes: FakeService[];

  beforeEach(async () => {
    registry = await o.open();
    fakes = [];
  });

  afterEach(async () => {
    await registry.close();
    await Promise.all(fakes.map((fake) => fake.close()));
  });

  const start = async (
    id: string,
    of = service,
  ): Promise<Readonly<{ fake: FakeService; instance: Instance }>> => {
    const fake = await openFakeService();
    fakes.push(fake);
    const tags = ['contract', id];
    return {
      fake,
      instance: { id, service: of, address: '127.0.0.1', port: fake.port, version: '1.2.3', tags },
    };
  };

  /** A watch, and the way to wait until it was told of exactly these instances. */
  const watchFor = (of = service) => {
    let told = (): void => {};
    const watch: ServiceWatch = registry.watch(of, () => told());
    const idsOf = (): string[] =>
      watch
        .instances()
        .map(({ id }) => id)
        .sort();
    const until = (...ids: string[]): Promise<void> =>
      new Promise((resolve) => {
        told = () => {
          if (idsOf().join() === [...ids].sort().join()) resolve();
        };
        told();
      });
    return { watch, until, idsOf };
  };

  describe(`a registry (${name})`, () => {
    it('tells of an instance that passes its check, with all that was registered', async () => {
      const { instance } = await start('a');
      const { watch, until } = watchFor();
      await registry.register({ ...instance, weight: 3 }, check);
      await until('a');

      expect(watch.instances()).toEqual([{ ...instance, weight: 3 }]);
      expect(watch.updatedAt()).toBeGreaterThan(0);
    });

    it('tells a watch that is opened later', async () => {
      const { instance } = await start('a');
      await registry.register(instance, check);

      await watchFor().until('a');
    });

    it('takes an instance out that fails, and in again when it passes', async () => {
      const [a, b] = [await start('a'), await start('b')];
      const { until } = watchFor();
      await registry.register(a.instance, check);
      await registry.register(b.instance, check);
      await until('a', 'b');
      a.fake.answer(503);
      await until('b');
      a.fake.answer(200);

      await until('a', 'b');
    });

    it('takes an instance out that is gone', async () => {
      const { fake, instance } = await start('a');
      const { until } = watchFor();
      await registry.register(instance, check);
      await until('a');
      await fake.close();

      await until();
    });

    it('never tells of an instance that has not passed', async () => {
      const [a, b] = [await start('a'), await start('b')];
      a.fake.answer(503);
      const { until, idsOf } = watchFor();
      await registry.register(a.instance, check);
      await registry.register(b.instance, check);
      await until('b');

      expect(idsOf()).toEqual(['b']);
    });

    it('forgets an instance that deregisters, also when it does so twice', async () => {
      const { instance } = await start('a');
      const { until } = watchFor();
      const registration = await registry.register(instance, check);
      await until('a');
      await registration.deregister();
      await until();
      await registration.deregister();

      expect((await registry.list()).filter(({ service: of }) => of === service)).toEqual([]);
    });

    it('takes the same instance again, at its new address', async () => {
      const [before, after] = [await start('a'), await start('a')];
      const { watch, until } = watchFor();
      await registry.register(before.instance, check);
      await until('a');
      await registry.register(after.instance, check);
      await until('a');
      await before.fake.close();
      const marker = await start('z');
      await registry.register(marker.instance, check);
      await until('a', 'z');

      expect(watch.instances().find(({ id }) => id === 'a')?.port).toBe(after.fake.port);
    });

    it('keeps services apart', async () => {
      const [a, other] = [await start('a'), await start('x', `${service}-other`)];
      const { until } = watchFor();
      await registry.register(other.instance, check);
      await registry.register(a.instance, check);

      await until('a');
      await watchFor(`${service}-other`).until('x');
    });

    it('gives the same list as long as nothing changes', async () => {
      const { instance } = await start('a');
      const { watch, until } = watchFor();
      await registry.register(instance, check);
      await until('a');

      expect(watch.instances()).toBe(watch.instances());
    });

    it('leaves a closed watch with what it knew', async () => {
      const [a, b] = [await start('a'), await start('b')];
      const closed = watchFor();
      await registry.register(a.instance, check);
      await closed.until('a');
      closed.watch.close();
      const open = watchFor();
      await registry.register(b.instance, check);
      await open.until('a', 'b');

      expect(closed.idsOf()).toEqual(['a']);
    });

    it('lists the unhealthy too, with what their check said', async () => {
      const [a, b] = [await start('a'), await start('b')];
      b.fake.answer(503);
      const { until } = watchFor();
      await registry.register(b.instance, check);
      await registry.register(a.instance, check);
      await until('a');
      const listed = (await registry.list()).filter(({ service: of }) => of === service);

      expect(Object.fromEntries(listed.map(({ id, health }) => [id, health]))).toEqual({
        a: 'passing',
        b: 'critical',
      });
      expect(listed.find(({ id }) => id === 'a')).toMatchObject({
        ...a.instance,
        output: expect.stringContaining('200'),
      });
    });

    it.each([
      ['a name for an address', { address: 'localhost' }],
      ['no port', { port: 0 }],
      ['no id', { id: '' }],
      ['a service that is no name', { service: '../posts' }],
    ])('refuses an instance with %s', async (_, part) => {
      const { instance } = await start('a');

      await expect(registry.register({ ...instance, ...part }, check)).rejects.toMatchObject({
        code: 'invalid_instance',
      });
    });
  });
};
