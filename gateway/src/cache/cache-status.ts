/**
 * What became of a request in the cache, as `Cache-Status` says it (RFC 9211).
 * - `hit`: answered from the store. `ttlSeconds` below 0: it is stale.
 * - `fwd`: the service was asked. `uri-miss`, `vary-miss`: nothing was there (for these headers); `stale`: it was stale;
 *   `request`: the client wanted that; `bypass`: the cache was not looked at.
 */
export type CacheStatus =
  | Readonly<{ kind: 'hit'; ttlSeconds: number; detail?: string }>
  | Readonly<{
      kind: 'fwd';
      why: 'uri-miss' | 'vary-miss' | 'stale' | 'request' | 'bypass';
      /** What the service answered, where the client got something else. */
      status?: number;
      stored?: boolean;
      ttlSeconds?: number;
      detail?: string;
    }>;

const name = 'gatehouse';

export const cacheStatusHeader = (status: CacheStatus): string => {
  const parts: string[] = [name];
  if (status.kind === 'hit') parts.push('hit');
  else {
    parts.push(`fwd=${status.why}`);
    if (status.status !== undefined) parts.push(`fwd-status=${status.status}`);
    if (status.stored === true) parts.push('stored');
  }
  if (status.ttlSeconds !== undefined) parts.push(`ttl=${status.ttlSeconds}`);
  if (status.detail !== undefined) parts.push(`detail=${status.detail}`);
  return parts.join('; ');
};

/** The same for somebody who waited for another's answer. */
export const collapsed = (status: string | undefined): string => {
  if (status === undefined) return `${name}; fwd=uri-miss; collapsed`;
  return status.startsWith(`${name}; fwd=`) ? `${status.replace('; stored', '')}; collapsed` : status;
};
