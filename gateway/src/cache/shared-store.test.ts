import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Found } from './cache-store.ts';
import { addressAt, answerOf, findIn, keepIn, textIn } from './contract-fixture.ts';
import { createFakeAnswers } from './fake-answers.ts';
import { createSharedStore, type SharedStoreBounds, type StoreChange } from './shared-store.ts';

const here = addressAt('/a');
const there = addressAt('/b');

const setUp = async (bounds: Partial<SharedStoreBounds> = {}, ready = true) => {
  const clock = createManualClock();
  const fake = createFakeAnswers();
  const changes: StoreChange[] = [];
  const store = createSharedStore({
    clock,
    bounds,
    connect: fake.connect,
    onChange: (one) => changes.push(one),
  });
  onTestFinished(store.close);
  if (ready) {
    fake.becomeReady();
    await clock.advance(0);
  }
  return { clock, fake, store, changes };
};

describe('same GETs: a shared store that answers', () => {
  it('finds what another gateway kept, in one round trip', async () => {
    const { fake, store } = await setUp();
    await keepIn(store, here, answerOf('x'));
    await store.settled();
    const before = fake.asked();

    expect(await textIn(store, here)).toBe('x');
    expect(fake.asked() - before).toBe(1);
  });

  it('asks twice only until it knows what headers the answers of an address depend on', async () => {
    const { fake, store } = await setUp();
    await keepIn(store, here, answerOf('x', { varyNames: ['a'] }), { a: '1' });
    await store.settled();
    const trips = async (): Promise<number> => {
      const before = fake.asked();
      expect(await textIn(store, here, { a: '1' })).toBe('x');
      return fake.asked() - before;
    };

    expect([await trips(), await trips()]).toEqual([2, 1]);
  });

  it('takes nothing for an answer that is none', async () => {
    const { fake, store, clock } = await setUp();
    const raw = fake.connect({ onReady: () => {}, onLost: () => {} });
    await keepIn(store, here, answerOf('x'));
    await store.settled();
    for (const bytes of ['', 'abc', '\u0000\u0000\u0000\u0002{]', '\u0000\u0000\u0001\u0000{}']) {
      const { mark } = await raw.look(here, '');
      const names = { variant: 'v', varyNames: [], keepMs: 1, mark };
      await raw.keep(here, { ...names, bytes: Buffer.from(bytes, 'latin1') });
      expect((await store.find(here, () => 'v')).answer).toBeUndefined();
    }
    expect(clock.now()).toBeGreaterThan(0);
  });
});

describe('same GETs: a shared store that is slow or gone is a miss, never an error', () => {
  it('is away until it is connected', async () => {
    const { store, fake } = await setUp({}, false);

    expect(await findIn(store, here)).toEqual({ mark: undefined, answer: undefined, otherVariant: false });
    expect([store.report().mode, fake.asked()]).toEqual(['away', 0]);
  });

  it('is a miss after 50 ms, for all who wait, and not asked again for a moment', async () => {
    const { clock, fake, store, changes } = await setUp();
    fake.behave('hangs');
    const found = [findIn(store, here), findIn(store, there)];
    let known = 0;
    for (const one of found) void Promise.resolve(one).then(() => (known += 1));
    await clock.advance(49);
    expect(known).toBe(0);
    await clock.advance(2);
    expect(known).toBe(2);

    const before = fake.asked();
    for (let index = 0; index < 100; index += 1) await findIn(store, here);
    expect(fake.asked()).toBe(before);
    expect(changes).toEqual([{ mode: 'shared' }, { mode: 'away', cause: 'no answer in time' }]);
  });

  it('that hangs is asked by one at a time whether it is back, and used when it is', async () => {
    const { clock, fake, store } = await setUp();
    fake.behave('hangs');
    const late = findIn(store, here);
    await clock.advance(100);
    await late;
    const before = fake.asked();
    await clock.advance(60_000);
    expect(fake.asked() - before).toBe(1);

    fake.behave('answers');
    await clock.advance(10_000);
    expect(store.report().mode).toBe('shared');
  });

  it.each([
    ['fails', (fake: ReturnType<typeof createFakeAnswers>) => fake.behave('fails')],
    ['is disconnected', (fake: ReturnType<typeof createFakeAnswers>) => fake.lose('ECONNREFUSED')],
  ])('that %s is a miss at once', async (_name, strike) => {
    const { fake, store, changes } = await setUp();
    const asked = findIn(store, here);
    strike(fake);
    await asked;

    expect(((await findIn(store, here)) as Found).mark).toBeUndefined();
    expect(changes.at(-1)).toMatchObject({ mode: 'away' });
  });

  it('waits longer each time it goes again', async () => {
    const { clock, fake, store } = await setUp({ holdMs: 250, longestHoldMs: 1000, steadyMs: 10_000 });
    const holds: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      fake.lose('ECONNRESET');
      const from = clock.monotonic();
      fake.becomeReady();
      while (store.report().mode === 'away') await clock.advance(10);
      holds.push(clock.monotonic() - from);
    }

    expect(holds).toEqual([500, 1000, 1000, 1000, 1000]);
  });

  it('is sent no more than so many bytes at a time', async () => {
    const { fake, store } = await setUp({ sentBytes: 5000 });
    const marks = await Promise.all([findIn(store, here), findIn(store, there)]);
    fake.behave('hangs');
    const before = fake.asked();
    for (const address of [here, there]) {
      const mark = marks[0]?.mark ?? '';
      store.keep(address, { mark, answer: answerOf('x'.repeat(3000)), variantOf: () => 'v' });
    }

    expect(fake.asked() - before).toBe(1);
  });
});

describe('same GETs: a write while the shared store is away', () => {
  it('is told to it before anything is found again', async () => {
    const { clock, fake, store } = await setUp();
    for (const address of [here, there]) await keepIn(store, address, answerOf('old'));
    await store.settled();
    fake.lose('ECONNREFUSED');
    await store.forget(here.path);
    fake.becomeReady();
    await clock.advance(5000);

    expect(store.report().mode).toBe('shared');
    expect([await textIn(store, here), await textIn(store, there)]).toEqual([undefined, 'old']);
  });

  it('that was not answered is told again, and its path is a miss until then', async () => {
    const { clock, fake, store } = await setUp();
    await keepIn(store, here, answerOf('old'));
    await store.settled();
    fake.behave('hangs');
    const forgotten = store.forget(here.path);
    await clock.advance(100);
    await forgotten;
    expect(await textIn(store, here)).toBeUndefined();

    fake.behave('answers');
    await clock.advance(5000);
    expect(store.report().mode).toBe('shared');
    expect(await textIn(store, here)).toBeUndefined();
  });

  it('of more paths than can be remembered drops everything', async () => {
    const { clock, fake, store } = await setUp({ owedPaths: 3 });
    await keepIn(store, here, answerOf('old'));
    await store.settled();
    fake.lose('ECONNREFUSED');
    for (const path of ['1', '2', '3', '4']) await store.forget(addressAt(path).path);
    fake.becomeReady();
    await clock.advance(5000);

    expect(store.report().mode).toBe('shared');
    expect(await textIn(store, here)).toBeUndefined();
  });
});

describe('a shared store that is closed', () => {
  it('leaves nothing behind', async () => {
    const { clock, fake, store } = await setUp();
    fake.behave('hangs');
    const late = findIn(store, here);
    store.close();

    expect((await late).mark).toBeUndefined();
    expect([fake.isClosed(), clock.pending()]).toEqual([true, 0]);
  });
});
