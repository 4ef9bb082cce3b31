import { systemClock } from '@gatehouse/resilience';
import { createManualClock, type ManualClock } from '@gatehouse/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { publishContract } from './fixture/published-contract.ts';
import { createInProcessRegistry } from './in-process-registry.ts';
import { describeRegistry } from './registry.contract.ts';
import type { Instance, Registry } from './registry.ts';

describeRegistry('in-process', {
  open: async () => createInProcessRegistry({ clock: systemClock }),
  quickCheck: { intervalMs: 20, timeoutMs: 500, failuresBeforeCritical: 2 },
});
publishContract('in-process');

const check = { path: '/readyz' } as const;
const posts: Instance = {
  id: 'p1',
  service: 'posts',
  address: '127.0.0.1',
  port: 4001,
  version: '1.0.0',
  tags: [],
};

let clock: ManualClock;
let answer: number | Error;
let asked: [url: string, timeoutMs: number][];
let registry: Registry;

beforeEach(() => {
  clock = createManualClock();
  answer = 200;
  asked = [];
  registry = createInProcessRegistry({
    clock,
    fetchHealth: async (url, timeoutMs) => {
      asked.push([url, timeoutMs]);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
});

const healthOf = async (): Promise<unknown> => (await registry.list())[0]?.health;

describe('the check of an instance', () => {
  it('is made at once, so that it is in when it is registered', async () => {
    await registry.register(posts, check);

    expect(registry.watch('posts').instances()).toEqual([posts]);
    expect(asked).toEqual([['http://127.0.0.1:4001/readyz', 2000]]);
  });

  it('is made every five seconds', async () => {
    await registry.register(posts, check);
    await clock.advance(15_000);

    expect(asked).toHaveLength(4);
  });

  it('dials IPv6 as well', async () => {
    await registry.register({ ...posts, address: '::1' }, check);

    expect(asked[0]?.[0]).toBe('http://[::1]:4001/readyz');
  });

  it('lets one failure pass and takes it out after two', async () => {
    await registry.register(posts, check);
    const watch = registry.watch('posts');
    answer = 503;
    await clock.advance(5000);
    expect(await healthOf()).toBe('passing');
    expect(watch.instances()).toHaveLength(1);
    await clock.advance(5000);

    expect(await healthOf()).toBe('critical');
    expect(watch.instances()).toEqual([]);
  });

  it('counts failures in a row', async () => {
    await registry.register(posts, check);
    for (const status of [503, 200, 503, 200]) {
      answer = status;
      await clock.advance(5000);
    }

    expect(await healthOf()).toBe('passing');
  });

  it('lets it in again after one success', async () => {
    answer = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    await registry.register(posts, check);
    expect((await registry.list())[0]).toMatchObject({
      health: 'critical',
      output: 'GET /readyz: ECONNREFUSED',
    });
    answer = 200;
    await clock.advance(5000);

    expect((await registry.list())[0]).toMatchObject({
      health: 'passing',
      output: 'GET /readyz: 200',
      checkedAt: new Date(clock.now()).toISOString(),
    });
  });

  it.each([
    [204, 'passing'],
    [429, 'warning'],
    [302, 'critical'],
    [404, 'critical'],
  ])('answered with %d finds it %s', async (status, health) => {
    answer = status;
    await registry.register(posts, check);

    expect(await healthOf()).toBe(health);
  });

  it('ends with the registration and with the registry', async () => {
    const registration = await registry.register(posts, check);
    await registry.register({ ...posts, id: 'p2' }, check);
    await registration.deregister();
    await registry.close();
    await clock.advance(60_000);

    expect(asked).toHaveLength(2);
    expect(clock.pending()).toBe(0);
  });
});

describe('an instance that warns', () => {
  it('gets requests where that is wanted', async () => {
    const options = { clock, fetchHealth: async () => 429 };
    const [strict, lenient] = [
      createInProcessRegistry(options),
      createInProcessRegistry({ ...options, includeWarning: true }),
    ];
    await strict.register(posts, check);
    await lenient.register(posts, check);

    expect(strict.watch('posts').instances()).toEqual([]);
    expect(lenient.watch('posts').instances()).toEqual([posts]);
  });
});

describe('an instance that was registered again', () => {
  it('is not taken out by its former registration', async () => {
    const former = await registry.register(posts, check);
    await registry.register({ ...posts, port: 4002 }, check);
    await former.deregister();

    expect(registry.watch('posts').instances()).toMatchObject([{ port: 4002 }]);
  });

  it('moves when it belongs to another service now', async () => {
    await registry.register(posts, check);
    const watch = registry.watch('posts');
    await registry.register({ ...posts, service: 'orders' }, check);

    expect(watch.instances()).toEqual([]);
    expect(registry.watch('orders').instances()).toHaveLength(1);
  });
});

describe('a watch', () => {
  it('is told once for each change, and of what is there already', async () => {
    await registry.register(posts, check);
    const told: string[][] = [];
    registry.watch('posts', (healthy) => told.push(healthy.map(({ id }) => id)));
    expect(told).toEqual([]);
    await clock.advance(0);
    await registry.register({ ...posts, id: 'p2' }, check);
    await clock.advance(20_000);

    expect(told).toEqual([['p1'], ['p1', 'p2']]);
  });

  it('that is closed at once is told nothing', async () => {
    await registry.register(posts, check);
    const told: unknown[] = [];
    registry.watch('posts', (healthy) => told.push(healthy)).close();
    await clock.advance(0);

    expect(told).toEqual([]);
  });
});
