import { beforeEach, describe, expect, it } from 'vitest';
import { startBreaker } from './fixture/start-breaker.ts';

let { breaker, changes, clock, fail, refusal, succeed } = startBreaker();
beforeEach(() => {
  ({ breaker, changes, clock, fail, refusal, succeed } = startBreaker());
});

describe('an operator', () => {
  it('holds it open', async () => {
    breaker.force('open');
    await clock.advance(60_000);

    expect(breaker.report()).toMatchObject({ state: 'open', forced: 'open', retryAfterSeconds: 5 });
    expect(refusal().details.retryAfterSeconds).toBe(5);
  });

  it('holds it closed', () => {
    breaker.force('closed');
    fail(100);

    expect(breaker.report()).toMatchObject({ state: 'closed', forced: 'closed', failures: 0 });
  });

  it('lets it go, closed and with an empty window', () => {
    fail(5);
    breaker.force('open');
    breaker.force('auto');

    expect(breaker.report()).toEqual({
      name: 'posts',
      state: 'closed',
      forced: undefined,
      failures: 0,
      successes: 0,
      lastOpenings: [expect.objectContaining({ cause: '5 failures in a row' })],
    });
  });

  it('is not overruled by what else is known', () => {
    breaker.force('closed');
    breaker.trip('no instance left');
    expect(breaker.report().state).toBe('closed');
    breaker.force('open');
    breaker.recover();

    expect(breaker.report().state).toBe('open');
  });
});

describe('whoever listens', () => {
  it('hears of each change of state', async () => {
    fail(5);
    await clock.advance(5000);
    succeed(3);
    breaker.trip('no instance left');
    breaker.force('closed');

    expect(changes.map(({ state, forced, cause }) => [state, forced, cause])).toEqual([
      ['open', undefined, '5 failures in a row'],
      ['half-open', undefined, '5 failures in a row'],
      ['closed', undefined, undefined],
      ['open', undefined, 'no instance left'],
      ['closed', 'closed', undefined],
    ]);
  });
});

describe('a breaker that was ended', () => {
  it('lets everything pass', async () => {
    fail(5);
    breaker.close();
    breaker.close();
    breaker.force('open');
    breaker.trip('no instance left');
    breaker.recover();

    await expect(breaker.execute(async () => 7)).resolves.toBe(7);
    expect(breaker.report()).toMatchObject({ state: 'closed', forced: undefined });
  });
});
