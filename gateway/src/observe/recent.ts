import { bucketCount, percentileMs } from './durations.ts';

const slotMs = 10_000;
const slots = 7;
/** Of each slot: requests, failures, tries beyond the first, then the buckets of durations. */
const width = 3 + bucketCount;

/** What was seen of a route or a service in the last minute. Times in milliseconds, to a tenth. */
export type RecentReport = Readonly<{
  requestsPerSecond: number;
  /** Of the requests, the part that ended with a 5xx: 0 to 1. */
  errorRatio: number;
  retries: number;
  p50Ms: number | undefined;
  p95Ms: number | undefined;
  p99Ms: number | undefined;
}>;

/**
 * Counts of the last minute, in a ring of slots of ten seconds each: six that are whole and the one that is being filled.
 * Writing is a few additions; nothing runs by itself. Of one shape for its life.
 */
export class Recent {
  private readonly counts = new Float64Array(slots * width);
  private current = 0;
  /** When the current slot began, in whole slots of the monotonic clock. */
  private era = -1;
  private firstAtMs = Number.POSITIVE_INFINITY;

  add(nowMs: number, bucket: number, failed: boolean, retries: number): void {
    this.turnTo(Math.floor(nowMs / slotMs));
    if (nowMs < this.firstAtMs) this.firstAtMs = nowMs;
    const { counts } = this;
    const at = this.current * width;
    counts[at] = (counts[at] as number) + 1;
    if (failed) counts[at + 1] = (counts[at + 1] as number) + 1;
    if (retries > 0) counts[at + 2] = (counts[at + 2] as number) + retries;
    counts[at + 3 + bucket] = (counts[at + 3 + bucket] as number) + 1;
  }

  private turnTo(era: number): void {
    const passed = this.era === -1 ? slots : Math.min(slots, era - this.era);
    if (passed === 0) return;
    for (let step = 0; step < passed; step += 1) {
      this.current = (this.current + 1) % slots;
      this.counts.fill(0, this.current * width, (this.current + 1) * width);
    }
    this.era = era;
  }

  /** Since when it counts, if that is less than it can hold. */
  countsFromMs(nowMs: number): number {
    const oldestMs = (Math.floor(nowMs / slotMs) - slots + 1) * slotMs;
    return Math.max(oldestMs, Math.min(nowMs, this.firstAtMs));
  }

  /** What is in the ring now, added up. */
  sum(nowMs: number): Float64Array {
    this.turnTo(Math.floor(nowMs / slotMs));
    const total = new Float64Array(width);
    this.counts.forEach((count, index) => {
      total[index % width] = (total[index % width] as number) + count;
    });
    return total;
  }
}

/** Of one or several rings together. */
export const reportRecent = (rings: Iterable<Recent>, nowMs: number): RecentReport => {
  const total = new Float64Array(width);
  let fromMs = nowMs;
  for (const ring of rings) {
    fromMs = Math.min(fromMs, ring.countsFromMs(nowMs));
    ring.sum(nowMs).forEach((count, index) => {
      total[index] = (total[index] as number) + count;
    });
  }
  const [requests = 0, failures = 0, retries = 0] = total;
  const counts = total.subarray(3);
  const seconds = Math.max(1, (nowMs - fromMs) / 1000);
  return {
    requestsPerSecond: Math.round((requests / seconds) * 100) / 100,
    errorRatio: requests === 0 ? 0 : Math.round((failures / requests) * 10_000) / 10_000,
    retries,
    p50Ms: tenth(percentileMs(counts, 0.5)),
    p95Ms: tenth(percentileMs(counts, 0.95)),
    p99Ms: tenth(percentileMs(counts, 0.99)),
  };
};

const tenth = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.round(value * 10) / 10;
