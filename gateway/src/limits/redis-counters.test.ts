import { describe, expect, it } from 'vitest';
import { causeOf } from './cause-of.ts';
import { reconnectDelayMs } from './redis/redis-counters.ts';

describe('coming back to Redis', () => {
  it('is tried after 50 ms, then less and less often, every 2 s at least, and not by all at once', () => {
    const retries = [0, 1, 2, 5, 6, 100, 100_000];

    expect(retries.map((retry) => reconnectDelayMs(retry, () => 0))).toEqual([
      25, 50, 100, 800, 1000, 1000, 1000,
    ]);
    expect(retries.map((retry) => Math.round(reconnectDelayMs(retry, () => 0.999_999)))).toEqual([
      50, 100, 200, 1600, 2000, 2000, 2000,
    ]);
  });
});

describe('the cause in the log', () => {
  it.each([
    [
      Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:6379'), { code: 'ECONNREFUSED' }),
      'ECONNREFUSED',
    ],
    [
      new Error("ERR unknown command 'EVALSHA', with args beginning with: 'x' 'gatehouse:limit:{user:1}'"),
      "ERR unknown command 'EVALSHA'",
    ],
    [new Error('x'.repeat(1000)), 'x'.repeat(120)],
    [undefined, 'unknown'],
  ])('is short and names no caller', (error, cause) => {
    expect(causeOf(error)).toBe(cause);
  });
});
