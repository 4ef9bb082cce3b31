import { captureLogger, createManualClock, type ManualClock } from '@gatehouse/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Asked, createFakeConsulApi, type FakeConsulApi } from '../fixture/fake-consul-api.ts';
import { registryError } from '../registry-error.ts';
import type { DiskCopy } from './disk-copy.ts';
import { createServiceFeed, type ServiceFeed, type ServiceFeedOptions } from './service-feed.ts';

let clock: ManualClock;
let api: FakeConsulApi;
let logger: ReturnType<typeof captureLogger>;
let told: string[];
let feed: ServiceFeed;

const start = async (o: Partial<ServiceFeedOptions> = {}): Promise<void> => {
  feed = createServiceFeed({
    service: 'posts',
    api,
    disk: undefined,
    clock,
    random: () => 1,
    waitMs: 30_000,
    includeWarning: false,
    logger,
    onChange: (healthy) => told.push(healthy.map(({ id }) => id).join()),
    ...o,
  });
  await clock.advance(0);
};
const now = (): Asked => api.asked.at(-1) as Asked;
const answer = async (...given: Parameters<Asked['answer']>): Promise<void> => {
  now().answer(...given);
  await clock.advance(0);
};
const fail = async (error?: unknown): Promise<void> => {
  now().fail(error);
  await clock.advance(0);
};
const ids = (): string =>
  feed
    .instances()
    .map(({ id }) => id)
    .join();

beforeEach(() => {
  clock = createManualClock();
  api = createFakeConsulApi();
  logger = captureLogger();
  told = [];
});

describe('following a service', () => {
  it('asks at once first, then waits for what comes after the index', async () => {
    await start();
    expect(now()).toMatchObject({ index: undefined, waitMs: undefined });
    await answer(12, 'p1', 'p2!');

    expect(ids()).toBe('p1');
    expect(feed.updatedAt()).toBe(clock.now());
    expect(now()).toMatchObject({ index: 12, waitMs: 30_000 });
  });

  it('tells of the first answer, even an empty one, and then of changes alone', async () => {
    await start();
    await answer(12);
    await answer(13, 'p1');
    await clock.advance(1000);
    await answer(14, 'p1');
    await clock.advance(1000);
    await answer(15, 'p1', 'p2');

    expect(told).toEqual(['', 'p1', 'p1,p2']);
  });

  it('waits on 1 when the server says 0', async () => {
    await start();
    await answer(0, 'p1');

    expect(now().index).toBe(1);
  });

  it('starts over when the index goes back, and takes nobody out for that', async () => {
    await start();
    await answer(500, 'p1', 'p2');
    await answer(20, 'p1');
    await clock.advance(1000);
    expect(now().index).toBeUndefined();
    expect(ids()).toBe('p1,p2');
    await answer(21, 'p1');
    await clock.advance(1000);
    expect(now().index).toBe(21);

    // Asks for no longer than p2 may stay.
    expect(now().waitMs).toBe(13_000);
    await clock.advance(13_000);
    await answer(21, 'p1');
    expect(ids()).toBe('p1');
    expect(now().waitMs).toBe(30_000);
  });

  it('asks twice at once and then once a second, of a server that does not block', async () => {
    await start();
    for (let tenth = 0; tenth < 100; tenth++) {
      await answer(tenth + 1, 'p1');
      await clock.advance(100);
    }

    expect(api.asked).toHaveLength(2 + 10);
  });

  it('polls once a second when answers have no index', async () => {
    await start();
    await answer(undefined, 'p1');
    await answer(undefined, 'p1');
    expect(api.asked).toHaveLength(2);
    await clock.advance(1000);

    expect(api.asked).toHaveLength(3);
    expect(now().index).toBeUndefined();
  });

  it('takes those that warn where that is wanted', async () => {
    await start();
    await answer(1, 'p1?', 'p2');
    expect(ids()).toBe('p2');
    await start({ includeWarning: true });
    await answer(1, 'p1?', 'p2');

    expect(ids()).toBe('p1,p2');
  });

  it('ends the question that is under way when it is closed', async () => {
    await start();
    await answer(12, 'p1');
    feed.close();
    await clock.advance(60_000);

    expect(now().signal.aborted).toBe(true);
    expect(api.asked).toHaveLength(2);
    expect(clock.pending()).toBe(0);
    expect(logger.lines).toEqual([]);
  });
});

describe('when the registry does not answer', () => {
  it('the last known list stays, and its age shows', async () => {
    await start();
    await answer(12, 'p1');
    const heardAt = clock.now();
    await clock.advance(10_000);
    await fail();
    await clock.advance(3_600_000);

    expect(ids()).toBe('p1');
    expect(feed.updatedAt()).toBe(heardAt);
    expect(told).toEqual(['p1']);
  });

  it('is asked again after a back-off that grows, and starts over without an index', async () => {
    await start();
    await answer(12, 'p1');
    await clock.advance(60_000);
    const waits: number[] = [];
    for (let failures = 0; failures < 6; failures++) {
      const [count, since] = [api.asked.length, clock.monotonic()];
      await fail();
      while (api.asked.length === count) await clock.advance(100);
      waits.push(clock.monotonic() - since);
      expect(now().index).toBeUndefined();
    }

    expect(waits).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
  });

  it('one line says that it began, one that it ended', async () => {
    await start();
    for (let failures = 0; failures < 3; failures++) {
      await fail();
      await clock.advance(5000);
    }
    await answer(1, 'p1');

    expect(logger.lines).toMatchObject([
      { msg: 'no answer from the registry: last known list', service: 'posts' },
      { msg: 'the registry answers again', failures: 3 },
    ]);
  });

  it('and comes back empty, nobody is taken out for 15 s', async () => {
    await start();
    await answer(500, 'p1', 'p2');
    await fail();
    await clock.advance(5000);
    await answer(7);
    expect(ids()).toBe('p1,p2');
    await answer(9, 'p1');
    await clock.advance(15_000);
    await answer(9, 'p1');

    expect(ids()).toBe('p1');
  });

  it.each([
    ['a refusal', registryError('registry_refused')],
    ['a bug', new TypeError('odd')],
  ])('goes on after %s', async (_, error) => {
    await start();
    await fail(error);
    await clock.advance(5000);
    await answer(1, 'p1');

    expect(ids()).toBe('p1');
  });
});

describe('at the start of a process', () => {
  const p9 = { id: 'p9', service: 'posts', address: '127.0.0.1', port: 4009, version: '1.0.0', tags: [] };
  const kept: unknown[] = [];
  const disk: DiskCopy = {
    find: async (service) => (service === 'posts' ? { instances: [p9], updatedAt: 42 } : undefined),
    keep: (service, { instances }) => kept.push([service, instances.map(({ id }) => id).join()]),
    close: async () => {},
  };

  it('without the registry, what was known last is taken from the disk with its age', async () => {
    await start({ disk });
    expect(feed.instances()).toEqual([]);
    await fail();

    expect(told).toEqual(['p9']);
    expect(feed.updatedAt()).toBe(42);
    await clock.advance(1000);
    await answer(3, 'p1');
    expect(ids()).toBe('p1,p9');
  });

  it('with the registry, the disk is only written', async () => {
    kept.length = 0;
    await start({ disk });
    await answer(3, 'p1');
    await fail();

    expect(ids()).toBe('p1');
    expect(kept).toEqual([['posts', 'p1']]);
  });

  it('with neither, there is nothing and no age', async () => {
    await start({ disk, service: 'orders' });
    await fail();

    expect(feed.instances()).toEqual([]);
    expect(feed.updatedAt()).toBeUndefined();
    expect(told).toEqual([]);
  });
});

describe('an instance that cannot be dialled', () => {
  it('is left out and named once', async () => {
    await start();
    await answer(1, 'p1', 'p5@posts.internal');
    await answer(2, 'p1', 'p5@posts.internal');

    expect(ids()).toBe('p1');
    expect(logger.lines).toMatchObject([{ refused: ['p5'], service: 'posts' }]);
    expect(logger.lines).toHaveLength(1);
  });
});
