import { describe, expect, it } from 'vitest';
import { type Simulated, type SimulatedService, simulateLoad } from './fixture/simulate-load.ts';

/** 400 requests a second, each in its own way. */
const capacity = 400;
const services: readonly (readonly [string, SimulatedService])[] = [
  ['one after the other, 2.5 ms each', { workers: 1, workMs: 2.5 }],
  ['one after the other, of very uneven work', { workers: 1, workMs: 2.5, spread: 0.9 }],
  ['20 at once, 50 ms each', { workers: 20, workMs: 50, spread: 0.5 }],
  ['200 at once, half a second each', { workers: 200, workMs: 500, spread: 0.3 }],
  ['one after the other, 50 wait, 503 beyond', { workers: 1, workMs: 2.5, queue: 50 }],
  ['one after the other, 4 wait, 503 beyond', { workers: 1, workMs: 2.5, queue: 4 }],
  ['20 at once, none waits, 503 beyond', { workers: 20, workMs: 50, queue: 0 }],
];
const seeds = [1, 2, 3];
const normal = 200;

const meanOf = ({ seconds }: Simulated, from: number, to: number): number =>
  seconds.slice(from, to).reduce((sum, { good }) => sum + good, 0) / (to - from);

describe.each(services)('load: a service that takes 400 a second (%s)', (_, service) => {
  const overload = (factor: number, seed: number): Simulated =>
    simulateLoad(
      service,
      [
        { untilMs: 3000, perSecond: normal },
        { untilMs: 13_000, perSecond: factor * capacity },
        { untilMs: 23_000, perSecond: normal },
      ],
      { seed },
    );

  it.each(seeds)('at 3 × capacity goodput stays ≥ 90%%, and nothing comes too late (seed %d)', (seed) => {
    const run = overload(3, seed);

    expect(meanOf(run, 4, 13)).toBeGreaterThanOrEqual(0.9 * capacity);
    expect(run.seconds.every(({ late }) => late === 0)).toBe(true);
    expect(run.seconds.slice(0, 3).every(({ refused }) => refused === 0)).toBe(true);
  });

  it.each(seeds)('at 10 × capacity goodput stays ≥ 80%% (seed %d)', (seed) => {
    const run = overload(10, seed);

    expect(meanOf(run, 4, 13)).toBeGreaterThanOrEqual(0.8 * capacity);
    expect(run.seconds.every(({ late }) => late === 0)).toBe(true);
  });

  it.each(seeds)('is back to normal within 5 s (seed %d)', (seed) => {
    const run = overload(10, seed);

    expect(run.seconds.slice(18, 23).reduce((sum, { refused }) => sum + refused, 0)).toBe(0);
    expect(meanOf(run, 18, 23)).toBeGreaterThan(0.9 * normal);
  });

  it('holds out from the first request on, with nothing learnt before', () => {
    const run = simulateLoad(service, [{ untilMs: 8000, perSecond: 10 * capacity }], { seed: 7 });

    expect(meanOf(run, 1, 8)).toBeGreaterThanOrEqual(0.8 * capacity);
    expect(run.seconds.every(({ late }) => late === 0)).toBe(true);
  });
});

describe('load: a service that is slow by nature', () => {
  const unlimited = (workMs: number): SimulatedService => ({ workers: 1e6, workMs, spread: 0.3 });

  it.each(seeds)('keeps what it needs (seed %d)', (seed) => {
    const run = simulateLoad(unlimited(1000), [{ untilMs: 20_000, perSecond: 300 }], { seed });

    expect(run.seconds.slice(3, 20).every(({ refused }) => refused === 0)).toBe(true);
    expect(Math.min(...run.limits.slice(30))).toBeGreaterThan(300);
  });

  it.each(seeds)('may become so under load without a collapse (seed %d)', (seed) => {
    const becomesSlow = (atMs: number) => unlimited(atMs < 5000 ? 10 : 600);
    const run = simulateLoad(becomesSlow, [{ untilMs: 20_000, perSecond: 500 }], { seed });

    expect(Math.min(...run.limits)).toBeGreaterThanOrEqual(Math.floor(200 * 0.64));
    expect(run.seconds.slice(10, 20).every(({ refused }) => refused === 0)).toBe(true);
  });

  it('is not disturbed by a pause', () => {
    const pauses = (atMs: number): SimulatedService => ({
      workers: 4,
      workMs: atMs > 5000 && atMs < 5300 ? 300 : 5,
    });
    const run = simulateLoad(pauses, [{ untilMs: 15_000, perSecond: 400 }], { seed: 1 });

    expect(run.seconds.slice(0, 15).every(({ refused }) => refused === 0)).toBe(true);
  });
});

describe('load: the more important first', () => {
  it.each(seeds)(
    'callers who signed in hardly notice what nobody in particular asks for (seed %d)',
    (seed) => {
      const service = { workers: 1, workMs: 2.5 };
      const run = simulateLoad(
        service,
        [
          { untilMs: 15_000, perSecond: 10, priority: 'health' },
          { untilMs: 15_000, perSecond: 10, priority: 'admin' },
          { untilMs: 15_000, perSecond: 200, priority: 'signed-in' },
          { untilMs: 15_000, perSecond: 2000, priority: 'anonymous' },
        ],
        { seed },
      );
      const refusedShare = (priority: 'health' | 'admin' | 'signed-in' | 'anonymous') =>
        run.refusedOf[priority] / run.offeredOf[priority];

      expect(refusedShare('health')).toBe(0);
      expect(refusedShare('admin')).toBeLessThan(0.03);
      expect(refusedShare('signed-in')).toBeLessThan(0.03);
      expect(refusedShare('anonymous')).toBeGreaterThan(0.8);
      expect(meanOf(run, 1, 15)).toBeGreaterThanOrEqual(0.9 * capacity);
    },
  );

  it('does not starve the least important while the others leave room', () => {
    const service = { workers: 1, workMs: 2.5 };
    const run = simulateLoad(
      service,
      [
        { untilMs: 10_000, perSecond: 300, priority: 'signed-in' },
        { untilMs: 10_000, perSecond: 300, priority: 'anonymous' },
      ],
      { seed: 1 },
    );

    expect(run.offeredOf.anonymous - run.refusedOf.anonymous).toBeGreaterThan(0.2 * run.offeredOf.anonymous);
  });
});
