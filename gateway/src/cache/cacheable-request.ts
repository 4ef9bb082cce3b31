import type { Principal } from '@gatehouse/auth';
import { parseCacheControl, secondsOf } from './cache-control.ts';
import type { HeaderRecord } from './header-record.ts';

/**
 * What the cache may do for a request.
 * - `look`: answer it, and keep the answer.
 * - `bypass`: nothing at all. It asks for a part or has a condition that only the service can judge, or wants
 *   nothing kept, or it shows who it is in a way that the gateway does not know (a cookie, a token that no policy has
 *   looked at): then no key could tell it from others.
 */
export const cacheUse = (
  method: string,
  headers: HeaderRecord,
  principal: Principal | undefined,
): 'look' | 'bypass' => {
  if (method !== 'GET' && method !== 'HEAD') return 'bypass';
  if (asksForMore(headers) || showsUnknownCaller(headers, principal)) return 'bypass';
  return parseCacheControl(headers['cache-control']).has('no-store') ? 'bypass' : 'look';
};

const asksForMore = (headers: HeaderRecord): boolean =>
  'range' in headers ||
  'if-range' in headers ||
  'if-match' in headers ||
  'if-unmodified-since' in headers ||
  'content-length' in headers ||
  'transfer-encoding' in headers;

const showsUnknownCaller = (headers: HeaderRecord, principal: Principal | undefined): boolean =>
  'cookie' in headers || (principal === undefined && 'authorization' in headers);

/** RFC 9111 §5.2.1.7: no answer from the store is 504, the service is not asked. */
export const wantsOnlyCached = (headers: HeaderRecord): boolean =>
  parseCacheControl(headers['cache-control']).has('only-if-cached');

/** RFC 9111 §5.2.1.1 and 5.2.1.4: whoever asks for it anew does not get what another has asked for. */
export const wantsItAnew = (headers: HeaderRecord): boolean => {
  const directives = parseCacheControl(headers['cache-control']);
  return (
    directives.has('no-cache') ||
    directives.has('no-store') ||
    secondsOf(directives.get('max-age')) === 0 ||
    (directives.size === 0 && /no-cache/i.test(headers.pragma ?? ''))
  );
};
