import { AppError } from '@gatehouse/errors';
import { beforeEach, describe, expect, it } from 'vitest';
import { down, startBreaker } from './fixture/start-breaker.ts';

let { breaker, clock, fail, refusal, succeed } = startBreaker();
beforeEach(() => {
  ({ breaker, clock, fail, refusal, succeed } = startBreaker());
});

describe('a closed breaker', () => {
  it('gives back what the call gave', async () => {
    await expect(breaker.execute(async () => 7)).resolves.toBe(7);
    expect(breaker.report()).toEqual({
      name: 'posts',
      state: 'closed',
      forced: undefined,
      failures: 0,
      successes: 1,
      lastOpenings: [],
    });
  });

  it('passes on what the call threw', async () => {
    await expect(breaker.execute(() => Promise.reject(down))).rejects.toBe(down);
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 1 });
  });

  it('stays closed on the first failure', () => {
    fail();

    expect(breaker.report().state).toBe('closed');
  });

  it('opens when half of twenty calls failed', () => {
    for (let pair = 0; pair < 10; pair += 1) {
      expect(breaker.report().state).toBe('closed');
      succeed();
      fail();
    }

    expect(breaker.report()).toMatchObject({
      state: 'open',
      openedAt: new Date(clock.now()).toISOString(),
      retryAfterSeconds: 5,
      cause: '10 of 20 calls failed within 2000 ms',
    });
  });

  it('stays closed below half', () => {
    for (let round = 0; round < 50; round += 1) {
      succeed(2);
      fail();
    }

    expect(breaker.report().state).toBe('closed');
  });

  it('opens on five failures in a row, whatever the volume', () => {
    succeed(1000);
    fail(4);
    expect(breaker.report().state).toBe('closed');
    fail();

    expect(breaker.report()).toMatchObject({ state: 'open', cause: '5 failures in a row' });
  });

  it('forgets what is older than its window', async () => {
    for (let pair = 0; pair < 9; pair += 1) {
      succeed();
      fail();
    }
    await clock.advance(2000);
    succeed();
    fail();

    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 1, successes: 1 });
  });

  it('takes no sample from answers that refuse with good reason', async () => {
    const notFound = new AppError({ code: 'not_found', kind: 'not-found', message: 'No such post.' });
    for (let call = 0; call < 30; call += 1) {
      await expect(breaker.execute(() => Promise.reject(notFound))).rejects.toBe(notFound);
    }

    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 0, successes: 0 });
  });

  it('counts a permit once', () => {
    const permit = breaker.admit();
    permit.succeed();
    permit.fail(down);
    permit.release();

    expect(breaker.report()).toMatchObject({ failures: 0, successes: 1 });
  });
});

describe('an open breaker', () => {
  beforeEach(() => fail(5));

  it('refuses without calling, and says when to come back', async () => {
    let called = false;
    await expect(
      breaker.execute(async () => {
        called = true;
      }),
    ).rejects.toMatchObject({ code: 'circuit_open', kind: 'unavailable', details: { retryAfterSeconds: 5 } });

    expect(called).toBe(false);
    await clock.advance(4200);
    expect(refusal().details.retryAfterSeconds).toBe(1);
  });

  it('keeps no timer', () => {
    expect(clock.pending()).toBe(0);
  });

  it('takes no sample from calls that began before', () => {
    breaker.force('auto');
    const early = breaker.admit();
    fail(5);
    early.succeed();

    expect(breaker.report().state).toBe('open');
  });

  it('lets probes through after its time', async () => {
    await clock.advance(4999);
    refusal();
    await clock.advance(1);
    breaker.admit();

    expect(breaker.report().state).toBe('half-open');
  });

  it('is not fooled by the wall clock', async () => {
    clock.setWallClock(clock.now() + 3_600_000);

    expect(refusal().details.retryAfterSeconds).toBe(5);
  });

  it('lets probes through at once when something saw the target healthy', () => {
    breaker.recover();

    expect(breaker.report().state).toBe('half-open');
    succeed(3);
    expect(breaker.report()).toMatchObject({ state: 'closed', failures: 0, successes: 0 });
  });

  it.each([
    [0, 4000],
    [0.999_999, 6000],
  ])('stays open for its time ± 20% (random %d)', async (random, openForMs) => {
    ({ clock, fail, refusal, breaker } = startBreaker(random));
    fail(5);
    await clock.advance(openForMs - 1);
    refusal();
    await clock.advance(1);

    breaker.admit();
  });
});

describe('a half-open breaker', () => {
  beforeEach(async () => {
    fail(5);
    await clock.advance(5000);
  });

  it('admits three probes', () => {
    breaker.admit();
    breaker.admit();
    breaker.admit();

    expect(refusal()).toMatchObject({ code: 'circuit_open', details: { retryAfterSeconds: 1 } });
  });

  it('closes with an empty window after three good ones', () => {
    succeed(2);
    expect(breaker.report()).toMatchObject({ state: 'half-open' });
    succeed();

    expect(breaker.report()).toEqual({
      name: 'posts',
      state: 'closed',
      forced: undefined,
      failures: 0,
      successes: 0,
      rampPercent: 10,
      lastOpenings: [{ openedAt: '2026-01-01T00:00:00.000Z', cause: '5 failures in a row' }],
    });
  });

  it('opens again when one fails', () => {
    succeed(2);
    fail();

    expect(breaker.report()).toMatchObject({
      state: 'open',
      cause: 'a probe failed; first 5 failures in a row',
    });
    refusal();
  });

  it('says the first cause however often it comes back', async () => {
    for (let round = 0; round < 3; round += 1) {
      fail();
      await clock.advance(5000);
    }

    expect(breaker.report().cause).toBe('a probe failed; first 5 failures in a row');
  });

  it('gives the place of a probe that says nothing to another', () => {
    breaker.admit().release();
    breaker.admit();
    breaker.admit();
    breaker.admit();

    refusal();
  });

  it('gives up probes that do not end', async () => {
    const lost = [breaker.admit(), breaker.admit(), breaker.admit()];
    await clock.advance(5000);
    succeed(2);
    for (const permit of lost) permit.fail(down);
    expect(breaker.report().state).toBe('half-open');
    succeed();

    expect(breaker.report().state).toBe('closed');
  });
});
