import type { Clock } from '@gatehouse/resilience';
import CachePolicy from 'http-cache-semantics';
import { type Directives, formatCacheControl, parseCacheControl, secondsOf } from './cache-control.ts';
import { type HeaderRecord, toHeaderRecord } from './header-record.ts';
import type { StoredAnswer } from './stored-answer.ts';

/** What a route says about keeping answers. */
export type KeepSettings = Readonly<{
  /** How long an answer is fresh that does not say so; undefined: such an answer is not kept. */
  ttlMs: number | undefined;
  /** How long a stale answer may stand in for a failing service, where the answer itself does not say. */
  staleIfErrorMs: number;
  /** Headers that the key has already. */
  vary: readonly string[];
}>;

export type AnswerHead = Readonly<{
  status: number;
  headers: readonly string[];
  /** When the request left, milliseconds since the epoch. */
  askedAtMs: number;
}>;

/** A stored answer that only lacks its body. */
export type Keepable = Omit<StoredAnswer, 'body'>;

const dayMs = 86_400_000;
/** Nothing is kept for longer, stale or fresh. */
export const longestKeepMs = dayMs;
/** How long a stale answer is kept that the service may confirm. */
const confirmableMs = 600_000;
const mostVaryNames = 8;

/** What the rules of freshness are read from. */
const ruleHeaders = ['cache-control', 'pragma', 'expires', 'date', 'last-modified', 'etag'] as const;

/** The library, by our clock. */
export const clockedPolicy = (clock: Clock) =>
  class extends CachePolicy {
    now(): number {
      return clock.now();
    }
  };

/**
 * Whether an answer may be kept in a cache that many share, and for how long (RFC 9111 §3). The library decides; what it
 * does not do, or does otherwise than we want, is done here:
 *
 * - it reads `Cache-Control` in lower case and without quotes only: it is handed over in normal form;
 * - it takes `must-revalidate` and `proxy-revalidate` for "never fresh": they are kept beside it, and obeyed once stale;
 * - it guesses no freshness here, and takes no guess from `Last-Modified`: an answer that does not say is fresh for the route's
 *   `ttl`, or not kept;
 * - it forgets how long the answer was under way, and clocks that differ (§4.2.3): that is put into the `Age` it sees;
 * - `Set-Cookie`, parts (206) and `Vary: *` are never kept, nor what depends on more headers than can be told apart.
 */
export const createKeepRules = (clock: Clock) => {
  const Policy = clockedPolicy(clock);

  return function toKeepable(
    request: HeaderRecord,
    { status, headers, askedAtMs }: AnswerHead,
    settings: KeepSettings,
  ): Keepable | undefined {
    const answer = toHeaderRecord(headers);
    const varyNames = varyNamesOf(answer.vary, settings.vary);
    if (status === 206 || 'set-cookie' in answer || 'content-range' in answer || varyNames === undefined)
      return undefined;

    const directives = directivesOf(answer);
    const shared = { shared: true, cacheHeuristic: 0, immutableMinTimeToLive: 0 };
    const asked = { method: 'GET', headers: ruleRequest(request) };
    const complete = { ...ruleHeadersOf(answer), 'cache-control': formatCacheControl(directives) };
    if (!new Policy(asked, { status, headers: complete }, shared).storable()) return undefined;

    const nowMs = clock.now();
    // What went wrong is kept only where it says for how long.
    const freshness = freshnessOf(directives, answer, status < 400 ? settings.ttlMs : undefined);
    if (freshness === undefined) return undefined;
    const age = String(ageOf(answer, nowMs, askedAtMs));
    const policy = new Policy(
      { method: 'GET', headers: {} },
      { status, headers: { ...complete, age, 'cache-control': formatCacheControl(freshness) } },
      shared,
    );

    const mustRevalidate = ['must-revalidate', 'proxy-revalidate', 'no-cache'].some((name) =>
      directives.has(name),
    );
    const standInMs = mustRevalidate ? 0 : standInMsOf(directives, settings.staleIfErrorMs);
    const freshMs = Math.max(0, policy.maxAge() - policy.age()) * 1000;
    const isConfirmable = 'etag' in answer || 'last-modified' in answer;
    const keepMs = Math.min(longestKeepMs, freshMs + Math.max(standInMs, isConfirmable ? confirmableMs : 0));
    if (keepMs <= 0) return undefined;
    return {
      status,
      headers: headers.filter((_, index) => !isAge(headers[index - (index % 2)])),
      policy: policy.toObject(),
      ...{ varyNames, mustRevalidate, standInMs, keepUntilMs: nowMs + keepMs },
    };
  };
};

const isAge = (name: string | undefined): boolean => name?.toLowerCase() === 'age';

/** Sorted, each once, without those of the key; undefined if no key can tell such answers apart. */
const varyNamesOf = (vary: string | undefined, keyed: readonly string[]): readonly string[] | undefined => {
  if (vary === undefined) return [];
  const names = new Set(
    vary
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  names.delete('');
  for (const name of keyed) names.delete(name);
  return names.has('*') || names.size > mostVaryNames ? undefined : [...names].sort();
};

const directivesOf = (answer: HeaderRecord): Directives => {
  const directives = parseCacheControl(answer['cache-control']);
  const isOld = directives.size === 0 && /no-cache/i.test(answer.pragma ?? '');
  return isOld ? new Map([['no-cache', '']]) : directives;
};

/** What of a request decides whether its answer is kept. No secret goes along. */
const ruleRequest = (request: HeaderRecord): Record<string, string> => ({
  'cache-control': formatCacheControl(parseCacheControl(request['cache-control'])),
  ...('authorization' in request ? { authorization: 'yes' } : {}),
});

const ruleHeadersOf = (answer: HeaderRecord): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const name of ruleHeaders) {
    const value = answer[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
};

/** How long it is fresh, for the library; undefined: it does not say, and nor does the route. */
const freshnessOf = (
  directives: Directives,
  answer: HeaderRecord,
  ttlMs: number | undefined,
): Directives | undefined => {
  const own = new Map<string, string>();
  if (directives.has('no-cache')) return own.set('no-cache', '');
  const maxAge = directives.get('s-maxage') ?? directives.get('max-age');
  // What is no number is stale (§4.2.1).
  if (maxAge !== undefined) return own.set('max-age', String(secondsOf(maxAge) ?? 0));
  if (answer.expires !== undefined) return own;
  return ttlMs === undefined ? undefined : own.set('max-age', String(ttlMs / 1000));
};

/** §4.2.3: by what caches before us said and the time it was under way, or by its date, whichever is more. */
const ageOf = (answer: HeaderRecord, nowMs: number, askedAtMs: number): number => {
  const said = (secondsOf(answer.age) ?? 0) * 1000 + Math.max(0, nowMs - askedAtMs);
  const date = Date.parse(answer.date ?? '');
  // A date has no parts of a second.
  const apparent = Number.isNaN(date) ? 0 : nowMs - date - 999;
  return Math.floor(Math.max(0, said, apparent) / 1000);
};

/** RFC 5861 §4. `s-maxage` wants no stale answer (§5.2.2.10), unless the same answer allows it. */
const standInMsOf = (directives: Directives, routeMs: number): number => {
  const own = secondsOf(directives.get('stale-if-error'));
  if (own !== undefined) return own * 1000;
  return directives.has('s-maxage') ? 0 : routeMs;
};
