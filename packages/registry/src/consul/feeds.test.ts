import { captureLogger, createManualClock, type ManualClock } from '@gatehouse/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createFakeConsulApi, type FakeConsulApi } from '../fixture/fake-consul-api.ts';
import type { Instance } from '../registry.ts';
import { createFeeds, type Feeds } from './feeds.ts';

let clock: ManualClock;
let api: FakeConsulApi;
let feeds: Feeds;

beforeEach(() => {
  clock = createManualClock();
  api = createFakeConsulApi();
  feeds = createFeeds({
    api,
    disk: undefined,
    clock,
    random: () => 1,
    waitMs: 30_000,
    includeWarning: false,
    logger: captureLogger(),
  });
});

const answer = async (...given: [index: number, ...ids: string[]]): Promise<void> => {
  await clock.advance(1000);
  api.asked.at(-1)?.answer(...given);
  await clock.advance(0);
};
const idsOf = (instances: readonly Instance[]): string => instances.map(({ id }) => id).join();

describe('several watches of one service', () => {
  it('are one question to Consul', async () => {
    const told: string[] = [];
    const watches = ['a', 'b', 'c'].map((name) =>
      feeds.watch('posts', (healthy) => told.push(`${name}:${idsOf(healthy)}`)),
    );
    await answer(1, 'p1');

    expect(told).toEqual(['a:p1', 'b:p1', 'c:p1']);
    expect(api.asked.filter(({ index }) => index === undefined)).toHaveLength(1);
    expect(watches.every((watch) => watch.instances() === watches[0]?.instances())).toBe(true);
  });

  it('end the question with the last of them', async () => {
    const [first, last] = [feeds.watch('posts'), feeds.watch('posts')];
    await answer(1, 'p1');
    first.close();
    first.close();
    expect(api.asked.at(-1)?.signal.aborted).toBe(false);
    last.close();

    expect(api.asked.at(-1)?.signal.aborted).toBe(true);
    expect(idsOf(last.instances())).toBe('p1');
  });
});

describe('a watch', () => {
  it('that is opened later is told what is known', async () => {
    feeds.watch('posts');
    await answer(1, 'p1');
    const told: string[] = [];
    const later = feeds.watch('posts', (healthy) => told.push(idsOf(healthy)));
    expect(idsOf(later.instances())).toBe('p1');
    expect(later.updatedAt()).toBe(clock.now());
    await clock.advance(0);

    expect(told).toEqual(['p1']);
  });

  it('that is closed is told nothing more, and keeps its age', async () => {
    feeds.watch('posts');
    const told: string[] = [];
    const closed = feeds.watch('posts', (healthy) => told.push(idsOf(healthy)));
    await answer(1, 'p1');
    const heardAt = closed.updatedAt();
    closed.close();
    await answer(2, 'p1', 'p2');

    expect(told).toEqual(['p1']);
    expect(closed.updatedAt()).toBe(heardAt);
  });

  it('of a 49th service is refused: the rest of the connections is for other calls', () => {
    for (let count = 0; count < 48; count++) feeds.watch(`service-${count}`);

    expect(() => feeds.watch('one-more')).toThrow(expect.objectContaining({ code: 'too_many_watches' }));
    expect(() => feeds.watch('service-0')).not.toThrow();
  });
});

describe('what is known last', () => {
  it('is every watched instance, with its age', async () => {
    feeds.watch('posts');
    await answer(1, 'p1', 'p2!');

    expect(feeds.lastKnown()).toMatchObject([
      { id: 'p1', health: 'passing', checkedAt: new Date(clock.now()).toISOString() },
    ]);
  });
});

it('everything ends with the registry, what is opened after it too', async () => {
  feeds.watch('posts');
  await answer(1, 'p1');
  feeds.close();
  feeds.watch('orders').close();
  await clock.advance(60_000);

  expect(api.asked.every(({ signal, index }) => signal.aborted || index === undefined)).toBe(true);
  expect(clock.pending()).toBe(0);
});
