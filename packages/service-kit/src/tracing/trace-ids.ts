import { randomFillSync } from 'node:crypto';

/** Makes the ids of traces: hex, never all zeros. */
export type TraceIds = Readonly<{ traceId(): string; spanId(): string }>;

const poolBytes = 4096;

/** Takes random bytes from the system in blocks: one call for a few hundred ids. */
export const createTraceIds = (fill: (pool: Buffer) => void = randomFillSync): TraceIds => {
  const pool = Buffer.alloc(poolBytes);
  let used = poolBytes;

  const take = (bytes: number): string => {
    if (used + bytes > poolBytes) {
      fill(pool);
      used = 0;
    }
    used += bytes;
    const id = pool.toString('hex', used - bytes, used);
    return /^0+$/.test(id) ? `${id.slice(1)}1` : id;
  };
  return { traceId: () => take(16), spanId: () => take(8) };
};
