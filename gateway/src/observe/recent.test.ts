import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketCount, bucketOf, Durations, durationBounds, percentileMs } from './durations.ts';
import { Recent, reportRecent } from './recent.ts';

const add = (recent: Recent, nowMs: number, durationMs: number, failed = false, retries = 0) =>
  recent.add(nowMs, bucketOf(durationMs), failed, retries);

describe('the last minute of a route', () => {
  it('is told as rate, errors, retries and percentiles', () => {
    const recent = new Recent();
    for (let second = 0; second < 60; second += 1) {
      add(recent, second * 1000, 10);
      add(recent, second * 1000, second === 30 ? 1000 : 10, second < 6, second < 3 ? 1 : 0);
    }
    const report = reportRecent([recent], 59_999);

    expect(report).toMatchObject({ requestsPerSecond: 2, errorRatio: 0.05, retries: 3 });
    expect(report.p50Ms).toBeCloseTo(10, -1);
    expect(report.p99Ms).toBeLessThan(15);
  });

  it('is empty where nothing came', () => {
    expect(reportRecent([new Recent()], 5_000)).toEqual({
      ...{ requestsPerSecond: 0, errorRatio: 0, retries: 0 },
      ...{ p50Ms: undefined, p95Ms: undefined, p99Ms: undefined },
    });
  });

  it('forgets what is older', () => {
    const recent = new Recent();
    add(recent, 1_000, 10);

    expect(reportRecent([recent], 60_000).requestsPerSecond).toBeGreaterThan(0);
    expect(reportRecent([recent], 71_000).requestsPerSecond).toBe(0);
    add(recent, 1_000_000, 10);
    expect(reportRecent([recent], 1_000_000).errorRatio).toBe(0);
  });

  it('of several routes together is that of their service', () => {
    const [one, other] = [new Recent(), new Recent()];
    add(one, 1, 10, true);
    add(other, 1, 10);

    expect(reportRecent([one, other], 1).errorRatio).toBe(0.5);
  });
});

describe('a percentile that is read from buckets', () => {
  it('is at most a bucket away from the true one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 14_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (times, share) => {
          const durations = new Durations();
          for (const time of times) durations.observe(time);
          const sorted = times.toSorted((a, b) => a - b);
          const truth = sorted[Math.ceil(share * sorted.length) - 1] as number;

          expect(bucketOf(percentileMs(durations.counts, share) as number)).toBe(bucketOf(truth));
          expect(durations.counts.reduce((sum, count) => sum + count, 0)).toBe(times.length);
        },
      ),
    );
  });

  it('is the last bound for what is beyond it', () => {
    const durations = new Durations();
    durations.observe(60_000);

    expect(bucketOf(60_000)).toBe(bucketCount - 1);
    expect(percentileMs(durations.counts, 0.5)).toBe((durationBounds.at(-1) as number) * 1000);
  });
});
