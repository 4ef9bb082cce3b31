import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@gatehouse/resilience';
import { type RealServer, realServer, startConsul } from '@gatehouse/testing/servers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ConsulRegistryOptions, createConsulRegistry } from './consul/consul-registry.ts';
import { publishContract } from './fixture/published-contract.ts';
import { describeRegistry } from './registry.contract.ts';
import type { Instance, Registry, ServiceWatch } from './registry.ts';

const consul = realServer('consul');
const quickCheck = { intervalMs: 1000, timeoutMs: 500, failuresBeforeCritical: 2 };

consul.describe('over a real Consul', () => {
  describeRegistry('Consul', {
    open: async () => createConsulRegistry({ address: consul.url, clock: systemClock }),
    // The shortest interval that Consul takes.
    quickCheck,
  });
  publishContract('Consul');
});

consul.describe('a Consul that fails', () => {
  let server: RealServer;
  let folder: string;
  let opened: Registry[];
  let services: Server[];

  beforeEach(async () => {
    server = await startConsul();
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-registry-'));
    opened = [];
    services = [];
  });

  afterEach(async () => {
    server.thaw();
    await Promise.all(opened.map((registry) => registry.close()));
    for (const service of services) service.closeAllConnections();
    await Promise.all(services.map((service) => new Promise((resolve) => service.close(resolve))));
    await server.dispose();
    await rm(folder, { recursive: true });
  });

  /** A registry of its own, as each process has one. */
  const open = (o: Partial<ConsulRegistryOptions> = {}): Registry => {
    const registry = createConsulRegistry({ address: server.url, clock: systemClock, waitMs: 2000, ...o });
    opened.push(registry);
    return registry;
  };

  const startService = async (id: string): Promise<Readonly<{ instance: Instance; http: Server }>> => {
    const http = createServer((_, response) => void response.end('ready'));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    services.push(http);
    const { port } = http.address() as AddressInfo;
    return {
      http,
      instance: { id, service: 'posts', address: '127.0.0.1', port, version: '1.0.0', tags: [] },
    };
  };

  const kill = (http: Server): void => {
    http.closeAllConnections();
    http.close();
  };

  /** Who is dead refuses at once; who lives may take its time, on a busy machine and after Consul stood still. */
  const register = (instance: Instance) =>
    open().register(instance, { path: '/readyz', ...quickCheck, timeoutMs: 10_000 });

  /** A watch that writes down every list that it was ever told. */
  const watchPosts = (o: Partial<ConsulRegistryOptions> = {}) => {
    const lists: string[] = [];
    let told = (): void => {};
    const watch: ServiceWatch = open(o).watch('posts', (healthy) => {
      lists.push(healthy.map(({ id }) => id).join());
      told();
    });
    const until = (wanted: string): Promise<void> =>
      new Promise((resolve) => {
        told = () => {
          if (lists.at(-1) === wanted) resolve();
        };
        told();
      });
    return { watch, lists, until };
  };

  /** Resolves when the registry was heard of later than `since`. */
  const heardAfter = async (watch: ServiceWatch, since: number): Promise<void> => {
    while ((watch.updatedAt() ?? 0) <= since)
      await new Promise((resolve) => systemClock.schedule(50, () => resolve(undefined)));
  };

  const isAsked = async (): Promise<boolean> => {
    const response = await fetch(`${server.url}/v1/health/service/posts?passing`);
    return response.ok && ((await response.json()) as unknown[]).length > 0;
  };

  it('killed while an instance dies: the list stays, then the dead one goes and the living never did', async () => {
    const [a, b] = [await startService('a'), await startService('b')];
    await register(a.instance);
    await register(b.instance);
    const { watch, lists, until } = watchPosts();
    await until('a,b');
    await server.kill();
    kill(b.http);
    expect(watch.instances().map(({ id }) => id)).toEqual(['a', 'b']);
    const killedAt = Date.now();
    await server.restart();
    await heardAfter(watch, killedAt);
    await until('a');

    expect(lists.slice(lists.indexOf('a,b'))).toEqual(['a,b', 'a']);
  });

  it('wiped: everybody is registered again within 15 s of its return, and no watch was ever empty', async () => {
    const [a, b] = [await startService('a'), await startService('b')];
    await register(a.instance);
    await register(b.instance);
    const { watch, lists, until } = watchPosts();
    await until('a,b');
    const { port } = server;
    await server.dispose();
    const wipedAt = Date.now();
    server = await startConsul({ port });
    const backAt = Date.now();
    expect(await (await fetch(`${server.url}/v1/health/service/posts`)).json()).toBeInstanceOf(Array);
    while (!(await isAsked())) await heardAfter(watch, Date.now());
    const againMs = Date.now() - backAt;
    await heardAfter(watch, wipedAt);
    const reports = await open().list();
    while ((await open().list()).length < 2) await heardAfter(watch, Date.now());

    expect(againMs).toBeLessThan(15_000);
    expect(reports.every(({ health }) => health === 'passing')).toBe(true);
    expect(lists.slice(lists.indexOf('a,b'))).toEqual(['a,b']);
  });

  it('whose agent forgot us: registered again', async () => {
    const { instance } = await startService('a');
    await register(instance);
    const { lists, until } = watchPosts();
    await until('a');
    await fetch(`${server.url}/v1/agent/service/deregister/a`, { method: 'PUT' });
    await until('');
    await until('a');

    expect(lists.slice(lists.indexOf('a'))).toEqual(['a', '', 'a']);
  });

  it('frozen: it accepts and never answers, the list stays and is followed again after it', async () => {
    const { instance } = await startService('a');
    await register(instance);
    const { watch, lists, until } = watchPosts();
    await until('a');
    await server.freeze();
    const [late, later] = [await startService('b'), Date.now()];
    // Its own check and a request that ends without an answer: it runs, and will be registered.
    const registration = await register(late.instance);
    expect(watch.instances().map(({ id }) => id)).toEqual(['a']);
    await expect(open().list()).rejects.toMatchObject({ code: 'registry_unavailable' });
    server.thaw();
    await heardAfter(watch, later);
    await until('a,b');
    await registration.deregister();
    await until('a');

    expect(lists.slice(lists.indexOf('a'))).not.toContain('');
  });

  it('away when a process starts: the list of an earlier process is taken from the disk', async () => {
    const cacheFile = join(folder, 'registry.json');
    const { instance } = await startService('a');
    await register(instance);
    const earlier = watchPosts({ cacheFile });
    await earlier.until('a');
    await opened.at(-1)?.close();
    await server.kill();
    const { watch, until } = watchPosts({ cacheFile });
    await until('a');

    expect(watch.instances()).toEqual([instance]);
    expect(watch.updatedAt()).toBeLessThan(Date.now());
    const startedAt = Date.now();
    await server.restart();
    await heardAfter(watch, startedAt);
    expect(watch.instances()).toEqual([instance]);
  });

  it('away when an instance starts and when one stops', async () => {
    const [a, b] = [await startService('a'), await startService('b')];
    await register(a.instance);
    const { until } = watchPosts();
    await until('a');
    await server.kill();
    await register(b.instance);
    await server.restart();

    await until('a,b');
  });

  it('holds no question of a watch that was closed', async () => {
    const registry = open({ waitMs: 600_000 });
    const told = Promise.withResolvers<void>();
    const watch = registry.watch('posts', () => told.resolve());
    await told.promise;
    watch.close();
    await registry.close();

    // A clean stop of Consul would wait for it.
    await server.stop();
  });
});
