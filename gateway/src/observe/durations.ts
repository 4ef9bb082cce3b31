/**
 * Upper bounds of the buckets in seconds: each about 1.4 times the one before, so that a percentile read from them is at
 * most some 15% off.
 */
export const durationBounds: readonly number[] = [
  0.0005, 0.0007, 0.001, 0.0014, 0.002, 0.0028, 0.004, 0.0056, 0.008, 0.011, 0.016, 0.022, 0.032, 0.045,
  0.064, 0.09, 0.125, 0.18, 0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11, 15,
];

const boundsMs = Float64Array.from(durationBounds, (seconds) => seconds * 1000);

/** The bucket that a time falls into; `durationBounds.length` is the one without a bound. */
export const bucketOf = (milliseconds: number): number => {
  let low = 0;
  let high = boundsMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (milliseconds <= (boundsMs[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
};

export const bucketCount = durationBounds.length + 1;

/**
 * The time in milliseconds that `share` (0.95) of what was counted stayed within, by linear interpolation within its
 * bucket; undefined where nothing was counted. What is beyond the last bound counts as the last bound.
 */
export const percentileMs = (counts: ArrayLike<number>, share: number): number | undefined => {
  let total = 0;
  for (let bucket = 0; bucket < bucketCount; bucket += 1) total += counts[bucket] as number;
  if (total === 0) return undefined;

  const rank = share * total;
  let below = 0;
  for (let bucket = 0; bucket < boundsMs.length; bucket += 1) {
    const here = counts[bucket] as number;
    if (here > 0 && below + here >= rank) {
      const from = bucket === 0 ? 0 : (boundsMs[bucket - 1] as number);
      const to = boundsMs[bucket] as number;
      return from + ((to - from) * (rank - below)) / here;
    }
    below += here;
  }
  return boundsMs[boundsMs.length - 1];
};

/** Times of one kind since the start, in buckets. */
export class Durations {
  readonly counts = new Float64Array(bucketCount);
  sumMs = 0;

  observe(milliseconds: number): void {
    const bucket = bucketOf(milliseconds);
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sumMs += milliseconds;
  }
}
