import { createManualClock, type ManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { createFakeCounters, type FakeCountersOptions } from './fake-counters.ts';
import { createMemoryLimiter } from './memory-limiter.ts';
import { createSharedLimiter, type LimiterChange } from './shared-limiter.ts';

const six = { limit: 6, windowMs: 60_000 };

const start = (options: FakeCountersOptions = {}, clock = createManualClock()) => {
  const store = createFakeCounters(clock, options);
  const changes: LimiterChange[] = [];
  const limiter = createSharedLimiter({
    connect: store.connect,
    local: createMemoryLimiter({ clock }),
    clock,
    onChange: (change) => changes.push(change),
  });
  return { clock, store, changes, limiter };
};

const startShared = async (options?: FakeCountersOptions, clock?: ManualClock) => {
  const started = start(options, clock);
  started.store.becomeReady();
  await started.clock.advance(0);
  expect(started.limiter.report().mode).toBe('shared');
  return started;
};

describe('a start', () => {
  it('counts with the others as soon as the store answers', async () => {
    const { clock, store, limiter, changes } = start();
    expect(limiter.take('a', six)).toBe(5);

    store.becomeReady();
    await clock.advance(0);
    await limiter.started();

    expect(limiter.report()).toEqual({ mode: 'shared', fallbacks: 0 });
    expect(changes).toEqual([{ mode: 'shared', gateways: 1 }]);
    expect(await limiter.take('a', six)).toBe(4); // with what was counted before
  });

  it('goes on alone after a second, and says so once', async () => {
    const { clock, store, limiter, changes } = start();
    store.lose('ECONNREFUSED');
    store.lose('ECONNREFUSED');
    await clock.advance(1000);
    await limiter.started();

    expect(changes).toEqual([{ mode: 'local', gateways: 1, cause: 'ECONNREFUSED' }]);
    expect(limiter.take('a', six)).toBe(5);
  });
});

describe('while the store answers', () => {
  it('lets the store decide', async () => {
    const { store, limiter } = await startShared();
    for (let index = 0; index < 4; index += 1) store.takenElsewhere('a', six);

    expect([await limiter.take('a', six), await limiter.take('a', six)]).toEqual([1, 0]);
    expect(await limiter.take('a', six)).toBe(-10_000);
  });

  it('lists what the store told, and clears a key there too', async () => {
    const { store, limiter } = await startShared();
    store.takenElsewhere('a', six);
    await limiter.take('a', six);

    expect(limiter.list(10)).toEqual([{ key: 'a', wholeInMs: 20_000 }]);
    expect(await limiter.clear('a')).toBe(true);
    expect([limiter.list(10), await limiter.take('a', six)]).toEqual([[], 5]);
  });

  it('says every two seconds that it is there', async () => {
    const { clock, store } = await startShared();
    await clock.advance(10_000);

    expect(store.announcements()).toBe(6);
  });
});

describe('a store that is lost', () => {
  it('decides what waits and what comes here, from what the store said last', async () => {
    const { store, limiter, changes } = await startShared();
    for (let index = 0; index < 4; index += 1) await limiter.take('a', six);
    store.behave('hangs');
    const underWay = limiter.take('a', six);

    store.lose('ECONNRESET');

    expect(await underWay).toBe(1);
    expect([limiter.take('a', six), limiter.take('a', six)]).toEqual([0, -10_000]);
    expect(changes.at(-1)).toEqual({ mode: 'local', gateways: 1, cause: 'ECONNRESET' });
    expect(limiter.report()).toEqual({ mode: 'local', fallbacks: 1 });
  });

  it('shares a limit out among the gateways that were there, one each at least', async () => {
    const { store, limiter } = await startShared({ gateways: 2 });
    store.lose('ECONNRESET');

    expect([1, 2, 3, 4].map(() => limiter.take('new', six))).toEqual([2, 1, 0, -20_000]);
    expect(limiter.take('one', { limit: 1, windowMs: 60_000 })).toBe(0);
  });

  it('together, gateways let no more than twice the limit through within a window', async () => {
    const clock = createManualClock();
    const first = await startShared({ gateways: 2 }, clock);
    const second = await startShared({ gateways: 2, store: first.store.counted }, clock);
    const both = [first, second];
    const useUp = async (): Promise<number> => {
      let passed = 0;
      for (let index = 0; index < 20; index += 1) {
        for (const { limiter } of both) if ((await limiter.take('a', six)) >= 0) passed += 1;
      }
      return passed;
    };
    // The second one has never seen the key: it cannot know that nothing is left of it.
    for (let index = 0; index < 6; index += 1) await first.limiter.take('a', six);

    for (const { store } of both) store.lose('ECONNRESET');
    const whileAway = await useUp();
    first.store.counted.clear('a'); // a restart: it has lost what it knew
    for (const { store } of both) store.becomeReady();
    await clock.advance(1000);
    const afterwards = await useUp();

    expect(both.map(({ limiter }) => limiter.report().mode)).toEqual(['shared', 'shared']);
    expect([whileAway, afterwards]).toEqual([3, 0]);
  });

  it('is told after its return what was counted here meanwhile', async () => {
    const { clock, store, limiter } = await startShared();
    store.lose('ECONNRESET');
    for (let index = 0; index < 5; index += 1) limiter.take('a', six);
    store.becomeReady();
    await clock.advance(1000);

    expect(await limiter.take('a', six)).toBe(0);
  });
});

describe('a store that does not answer', () => {
  it('makes a request wait for 50 ms, and only those that were under way', async () => {
    const { clock, store, limiter, changes } = await startShared();
    store.behave('hangs');
    const underWay = [limiter.take('a', six), limiter.take('a', six)];
    await clock.advance(49);
    expect(limiter.report().mode).toBe('shared');
    await clock.advance(1);

    expect(await Promise.all(underWay)).toEqual([5, 4]);
    expect(limiter.take('a', six)).toBe(3);
    expect(changes.at(-1)).toMatchObject({ mode: 'local', cause: 'no answer in time' });
  });

  it('is asked once at a time, and used again when it answers in time', async () => {
    const { clock, store, limiter, changes } = await startShared();
    store.behave('hangs');
    const underWay = limiter.take('a', six);
    await clock.advance(60_000);
    await underWay;
    const asked = store.announcements();
    await clock.advance(60_000);
    expect(store.announcements()).toBe(asked);

    store.behave('answers');
    await clock.advance(1000);

    expect(limiter.report()).toEqual({ mode: 'shared', fallbacks: 1 });
    expect(changes.map(({ mode }) => mode)).toEqual(['shared', 'local', 'shared']);
  });

  it('is left for longer when it keeps failing', async () => {
    const { clock, store, limiter } = await startShared();
    const holdsMs: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      store.behave('fails');
      await limiter.take('a', six);
      store.behave('answers');
      const leftAtMs = clock.monotonic();
      while (limiter.report().mode === 'local') await clock.advance(50);
      holdsMs.push(clock.monotonic() - leftAtMs);
    }

    expect(holdsMs).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
  });

  it('is no error for anybody when it refuses', async () => {
    const { store, limiter, changes } = await startShared();
    store.behave('fails');

    expect(await limiter.take('a', six)).toBe(5);
    expect(await limiter.clear('a')).toBe(true);
    expect(changes.at(-1)).toMatchObject({ mode: 'local', cause: 'OOM command not allowed' });
  });
});

describe('a limiter that is closed', () => {
  it('decides what waits, says nothing, and leaves no timer', async () => {
    const { clock, store, limiter, changes } = await startShared();
    store.behave('hangs');
    const underWay = limiter.take('a', six);

    limiter.close();

    expect(await underWay).toBe(5);
    expect(changes).toHaveLength(1);
    expect([store.isClosed(), clock.pending()]).toEqual([true, 0]);
  });
});
