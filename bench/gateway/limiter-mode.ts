import { get } from './get.ts';

/** Whether a gateway counts in Redis now, and how often it had to count alone so far. */
export type LimiterMode = Readonly<{ shared: boolean; fallbacks: number }>;

export const parseLimiterMode = (metrics: string): LimiterMode => ({
  shared: /^gateway_limiter_mode\{[^}]*mode="shared"[^}]*\} 1$/m.test(metrics),
  fallbacks: Number(/^gateway_limiter_fallbacks_total(?:\{[^}]*\})? (\d+)$/m.exec(metrics)?.[1] ?? 0),
});

export const readLimiterMode = async (operationsPort: number): Promise<LimiterMode> =>
  parseLimiterMode((await get(operationsPort, '/metrics', undefined)).body);

/** A slice counted in Redis from end to end: a gateway that has fallen back to its memory is another contender. */
export const stayedShared = (before: LimiterMode, after: LimiterMode): boolean =>
  before.shared && after.shared && before.fallbacks === after.fallbacks;
