const stepMs = 25;
const capMs = 250;

/**
 * How long to wait before the `retry`-th retry (from 1): full jitter in [0, (2^n − 1) × 25 ms), at most 250 ms.
 * `random` is in [0, 1). Source: Envoy's router filter.
 */
export const retryDelayMs = (retry: number, random: () => number): number =>
  random() * Math.min((2 ** retry - 1) * stepMs, capMs);
