import type { RouteSettings } from '../config/route-settings.ts';

/** Open to nobody but the operator: a route that cuts off its own prefix must not lead there. */
const closed = /^\/(?:internal(?:\/.*)?|livez|readyz|metrics)$/;

/**
 * The path that the service sees. The rest behind the route's own path stays as it came, in its normal form: what is put in
 * front has no closing slash, so that no empty segment comes about, and dot segments are refused before. Undefined: the new
 * path is not for the public (404).
 */
export const rewritePath = (
  { path: pattern, rewrite }: Pick<RouteSettings, 'path' | 'rewrite'>,
  path: string,
): string | undefined => {
  if (rewrite === undefined) return path;
  const rewritten = rewrite.path ?? replacePrefix(pattern, rewrite.prefix ?? '', path);
  return closed.test(rewritten) ? undefined : rewritten;
};

const replacePrefix = (pattern: string, prefix: string, path: string): string => {
  const base = pattern.endsWith('/*') ? pattern.slice(0, -2) : pattern;
  const rest = path.slice(base.length);
  return `${prefix === '/' ? '' : prefix}${rest}` || '/';
};
