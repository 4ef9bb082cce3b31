import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryDelayMs } from './retry-delay.ts';

describe('the wait before a retry', () => {
  it.each([
    [1, 25],
    [2, 75],
    [3, 175],
    [4, 250],
    [50, 250],
  ])('of retry %d stays under %d ms', (retry, belowMs) => {
    expect(retryDelayMs(retry, () => 0)).toBe(0);
    expect(retryDelayMs(retry, () => 0.5)).toBe(belowMs / 2);
  });

  it('is never negative and never over 250 ms', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (retry, random) => {
          const delayMs = retryDelayMs(retry, () => random);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThan(250);
        },
      ),
    );
  });
});
