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

const pattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?$/;

/**
 * The `traceparent` of the gateway's own span (W3C Trace Context): it continues the one that came, if that is sound, and
 * starts a sampled trace otherwise.
 */
export const nextTraceparent = (incoming: string | undefined, ids: TraceIds): string => {
  const [, traceId, flags] = (incoming === undefined ? undefined : pattern.exec(incoming)) ?? [];
  return traceId === undefined
    ? `00-${ids.traceId()}-${ids.spanId()}-01`
    : `00-${traceId}-${ids.spanId()}-${flags}`;
};
