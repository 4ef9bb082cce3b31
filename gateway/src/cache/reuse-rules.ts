import type { Clock } from '@gatehouse/resilience';
import type CachePolicy from 'http-cache-semantics';
import { formatCacheControl, parseCacheControl } from './cache-control.ts';
import { wantsItAnew } from './cacheable-request.ts';
import { confirms } from './conditional.ts';
import { type HeaderRecord, toHeaderRecord } from './header-record.ts';
import {
  type AnswerHead,
  clockedPolicy,
  createKeepRules,
  type Keepable,
  type KeepSettings,
} from './keep-rules.ts';
import type { StoredAnswer } from './stored-answer.ts';

/** How a stored answer stands at the moment. */
export type Reuse = Readonly<{
  /** `use`: without asking. `stale`, `refused`: the service is asked first, for its age or since the client wants that. */
  verdict: 'use' | 'stale' | 'refused';
  ageSeconds: number;
  /** How long it is still fresh; below 0 since when it is not. */
  freshForMs: number;
}>;

export type CacheRules = Readonly<{
  toKeepable(request: HeaderRecord, head: AnswerHead, settings: KeepSettings): Keepable | undefined;
  reuse(stored: StoredAnswer, request: HeaderRecord): Reuse;
  /** Whether it may stand in for a service that fails: by its own word or the route's (RFC 5861 §4), and the client's. */
  mayStandIn(stored: StoredAnswer, reuse: Reuse, request: HeaderRecord): boolean;
  /** What a 304 makes of the stored answer; undefined: it speaks of another one, or this may be kept no more. */
  confirm(
    stored: StoredAnswer,
    request: HeaderRecord,
    head: AnswerHead,
    settings: KeepSettings,
  ): StoredAnswer | undefined;
}>;

/** RFC 9111 §4: which stored answer answers a request. Freshness and age are the library's. */
export const createCacheRules = (clock: Clock): CacheRules => {
  const Policy = clockedPolicy(clock);
  const toKeepable = createKeepRules(clock);

  const reuse = (stored: StoredAnswer, request: HeaderRecord): Reuse => {
    const policy = Policy.fromObject(stored.policy);
    const ageSeconds = Math.max(0, Math.floor(policy.age()));
    const freshForMs = Math.round((policy.maxAge() - policy.age()) * 1000);
    const headers = askedRules(request, stored.mustRevalidate);
    const { response, revalidation } = policy.evaluateRequest({ method: 'GET', headers });
    const mayBeUsed = response !== undefined && revalidation === undefined;
    return { verdict: mayBeUsed ? 'use' : freshForMs > 0 ? 'refused' : 'stale', ageSeconds, freshForMs };
  };

  return {
    toKeepable,
    reuse,
    mayStandIn: (stored, { freshForMs }, request) => {
      if (wantsItAnew(request)) return false;
      return freshForMs > 0 ? !stored.mustRevalidate : -freshForMs < stored.standInMs;
    },
    confirm: (stored, request, { headers, askedAtMs }, settings) => {
      if (!confirms(toHeaderRecord(headers), toHeaderRecord(stored.headers))) return undefined;
      const merged = { status: stored.status, headers: mergeHeaders(stored.headers, headers), askedAtMs };
      const keepable = toKeepable(request, merged, settings);
      return keepable && { ...keepable, body: stored.body };
    },
  };
};

/** The request's own rules in the library's spelling; `max-stale` never beats a service that forbids it. */
const askedRules = (request: HeaderRecord, mustRevalidate: boolean): CachePolicy.Headers => {
  const directives = new Map(parseCacheControl(request['cache-control']));
  if (mustRevalidate) directives.delete('max-stale');
  const pragma = directives.size === 0 ? request.pragma?.toLowerCase() : undefined;
  return {
    'cache-control': formatCacheControl(directives),
    ...(pragma === undefined ? {} : { pragma }),
  };
};

/** RFC 9111 §3.2: a 304 says everything anew but what belongs to the body that is kept. */
const ofTheBody = new Set(['content-length', 'content-encoding', 'content-range', 'content-type']);

const mergeHeaders = (stored: readonly string[], fresh: readonly string[]): readonly string[] => {
  const said = toHeaderRecord(fresh);
  const merged: string[] = [];
  for (let index = 0; index < stored.length; index += 2) {
    const name = stored[index] as string;
    const key = name.toLowerCase();
    // Without a date of its own a 304 is of now, not of then.
    if (key === 'date') continue;
    if (ofTheBody.has(key) || !(key in said)) merged.push(name, stored[index + 1] as string);
  }
  for (let index = 0; index < fresh.length; index += 2) {
    const name = fresh[index] as string;
    if (!ofTheBody.has(name.toLowerCase())) merged.push(name, fresh[index + 1] as string);
  }
  return merged;
};

/** The conditions that ask a service whether a stored answer still holds (RFC 9111 §4.3.1): its own, and no others. */
export const validatorsOf = (stored: StoredAnswer): readonly string[] => {
  const { etag, 'last-modified': modified } = toHeaderRecord(stored.headers);
  return [
    ...(etag === undefined ? [] : ['if-none-match', etag]),
    ...(modified === undefined ? [] : ['if-modified-since', modified]),
  ];
};
