import type { HeaderRecord } from './header-record.ts';

/**
 * Whether a client that asks with `If-None-Match` or `If-Modified-Since` has this very answer already: then it is told
 * 304. RFC 9110 §13.1.2 (weak comparison; `*` is any) and §13.1.3 (not looked at beside the first).
 */
export const hasItAlready = (request: HeaderRecord, answer: HeaderRecord): boolean => {
  const asked = request['if-none-match'];
  if (asked !== undefined) return matchesAny(asked, answer.etag);
  const since = Date.parse(request['if-modified-since'] ?? '');
  const modified = Date.parse(answer['last-modified'] ?? '');
  return modified <= since;
};

const matchesAny = (asked: string, etag: string | undefined): boolean => {
  if (asked.trim() === '*') return true;
  if (etag === undefined) return false;
  const wanted = opaque(etag);
  return (asked.match(entityTag) ?? []).some((one) => opaque(one) === wanted);
};

/** Commas may stand inside of the quotes. */
const entityTag = /(?:W\/)?"[^"]*"/g;

/** What of an entity tag is compared where a weak one will do. */
const opaque = (etag: string): string => etag.trim().replace(/^W\//, '');

/** Whether a 304 speaks of this stored answer (RFC 9111 §4.3.3), when it was asked by its validators alone. */
export const confirms = (notModified: HeaderRecord, stored: HeaderRecord): boolean => {
  if (notModified.etag !== undefined) {
    return stored.etag !== undefined && opaque(notModified.etag) === opaque(stored.etag);
  }
  const modified = notModified['last-modified'];
  return modified === undefined || modified === stored['last-modified'];
};

/** What a 304 says again (RFC 9110 §15.4.5); the client has the rest. */
const toldAgain = new Set([
  'cache-control',
  'content-location',
  'date',
  'etag',
  'expires',
  'last-modified',
  'vary',
]);

export const isToldAgain = (name: string): boolean => toldAgain.has(name.toLowerCase());
