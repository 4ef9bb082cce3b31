/** The directives of a `Cache-Control`: names in lower case; those without a value have an empty one. */
export type Directives = ReadonlyMap<string, string>;

const directive = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g;
const longestSeconds = 2 ** 31;
const none: Directives = new Map();

/**
 * RFC 9111 §5.2. Names are taken in any case and values in quotes, which http-cache-semantics does not do. Of a time that
 * is said twice the shorter counts (§4.2.1 wants such an answer to be taken for stale, or one of the two).
 */
export const parseCacheControl = (value: string | undefined): Directives => {
  if (value === undefined) return none;
  const directives = new Map<string, string>();
  for (const [, name = '', quoted, token] of value.matchAll(directive)) {
    const key = name.toLowerCase();
    const said = quoted ?? token ?? '';
    const before = directives.get(key);
    const shorter = before !== undefined && (secondsOf(before) ?? 0) < (secondsOf(said) ?? 0);
    directives.set(key, shorter ? before : said);
  }
  return directives;
};

export const formatCacheControl = (directives: Directives): string =>
  [...directives].map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join(', ');

/** Undefined unless it is a number of seconds; §1.2.2: as many as can be counted stand for more. */
export const secondsOf = (value: string | undefined): number | undefined =>
  value !== undefined && /^\d+$/.test(value) ? Math.min(Number(value), longestSeconds) : undefined;
