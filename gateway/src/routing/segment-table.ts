type Entry<T> = Readonly<{ segment: string; value: T }>;

/**
 * Values by a segment of a path, found without cutting the segment out: V8 makes a string of its own of it, hashes it and looks
 * for it among all that it knows before a `Map` is asked, ten times the work. What is asked for bounds nothing here: a segment
 * longer than any that is kept is not even read.
 */
export class SegmentTable<T> {
  private readonly buckets: readonly Entry<T>[][];
  private readonly longest: number;

  constructor(entries: ReadonlyMap<string, T>) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(1, entries.size * 2)));
    this.buckets = Array.from({ length: size }, (): Entry<T>[] => []);
    this.longest = Math.max(-1, ...Array.from(entries.keys(), ({ length }) => length));
    for (const [segment, value] of entries)
      this.bucketOf(segment, 0, segment.length).push({ segment, value });
  }

  /** The value of the segment from `from` up to `to`. */
  find(path: string, from: number, to: number): T | undefined {
    const length = to - from;
    if (length > this.longest) return undefined;
    const bucket = this.bucketOf(path, from, to);
    for (let index = 0; index < bucket.length; index += 1) {
      const { segment, value } = bucket[index] as Entry<T>;
      if (segment.length === length && path.startsWith(segment, from)) return value;
    }
    return undefined;
  }

  private bucketOf(text: string, from: number, to: number): Entry<T>[] {
    let hash = 0;
    for (let index = from; index < to; index += 1) hash = (hash * 31 + text.charCodeAt(index)) | 0;
    return this.buckets[hash & (this.buckets.length - 1)] as Entry<T>[];
  }
}
