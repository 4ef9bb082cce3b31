import { describe, expect, it } from 'vitest';
import { parseLimiterMode, stayedShared } from './limiter-mode.ts';

const metrics = (mode: string, fallbacks: number) =>
  ['memory', 'shared', 'local']
    .map((known) => `gateway_limiter_mode{mode="${known}"} ${known === mode ? 1 : 0}`)
    .concat(`gateway_limiter_fallbacks_total ${fallbacks}`, '')
    .join('\n');

describe('where a gateway counts', () => {
  it('is read from its metrics', () => {
    expect(parseLimiterMode(metrics('shared', 2))).toEqual({ shared: true, fallbacks: 2 });
    expect(parseLimiterMode(metrics('local', 3))).toEqual({ shared: false, fallbacks: 3 });
  });

  it('was Redis all the time only if it never fell back', () => {
    const shared = { shared: true, fallbacks: 1 };
    expect(stayedShared(shared, shared)).toBe(true);
    expect(stayedShared(shared, { shared: true, fallbacks: 2 })).toBe(false);
    expect(stayedShared({ shared: false, fallbacks: 1 }, shared)).toBe(false);
  });
});
