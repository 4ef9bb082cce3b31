import { describe, expect, it } from 'vitest';
import { defaultRetryPolicy, nextTryAfter } from './retry-policy.ts';

const delaysOf = (policy: Parameters<typeof nextTryAfter>[1], tries: number) =>
  Array.from({ length: tries }, (_, i) => {
    const next = nextTryAfter(i + 1, policy);
    return next.status === 'again' ? next.delaySeconds : next.status;
  });

describe('a failing message', () => {
  it('is tried five times at once, then after 10, 20 and 30 s', () => {
    expect(delaysOf(defaultRetryPolicy, 8)).toEqual([0, 0, 0, 0, 10, 20, 30, 'dead-letter']);
  });

  it('is a dead letter after its first failure when nothing else is allowed', () => {
    expect(delaysOf({ quick: 1, delayedSeconds: [] }, 1)).toEqual(['dead-letter']);
    expect(delaysOf({ quick: 0, delayedSeconds: [] }, 1)).toEqual(['dead-letter']);
  });
});
