import semver from 'semver';
import { allMethods, type RouteSettings } from '../config/route-settings.ts';

type Matched = Pick<RouteSettings, 'host' | 'headers' | 'query' | 'version'>;

/**
 * How much a route asks beside path and method, most important first: host (exact before wildcard, longer wildcard before
 * shorter), headers (how many; of these values before patterns before presence), parameters, version (exact before range).
 */
const rankOf = ({ host, headers, query, version }: Matched): readonly number[] => {
  const conditions = Object.values(headers);
  return [
    hostRank(host),
    conditions.length,
    conditions.filter((condition) => typeof condition === 'string').length,
    conditions.filter((condition) => typeof condition === 'object' && 'regex' in condition).length,
    Object.keys(query).length,
    version === undefined ? 0 : 1,
  ];
};

const hostRank = (host: string | undefined): number => {
  if (host === undefined) return 0;
  return host.startsWith('*.') ? host.split('.').length : 1000;
};

/** How much a route means this very method: by name (2), HEAD as what goes with GET (1), as one of all (0). */
export const methodRank = (methods: readonly string[], method: string): 0 | 1 | 2 => {
  if (methods.length >= allMethods.length) return 0;
  return method === 'HEAD' && methods.includes('GET') ? 1 : 2;
};

/** Below 0: `one` asks for more and comes first. 0: as much, and only one of both may match (`areDisjoint`). */
export const compareSpecificity = (one: Matched, other: Matched): number => {
  const ranks = rankOf(one);
  const others = rankOf(other);
  for (const [index, rank] of ranks.entries()) {
    const difference = (others[index] ?? 0) - rank;
    if (difference !== 0) return difference;
  }
  return compareVersions(one.version, other.version);
};

/** Who asks for a part of a version (`2`) gets the newest. */
const compareVersions = (one: string | undefined, other: string | undefined): number => {
  if (one === undefined || other === undefined) return 0;
  return semver.compare(least(other), least(one));
};

const least = (range: string): semver.SemVer => semver.minVersion(range) ?? new semver.SemVer('0.0.0');

/** Whether no request can meet the conditions of both. */
export const areDisjoint = (one: Matched, other: Matched): boolean =>
  (one.host !== undefined && other.host !== undefined && !hostsMeet(one.host, other.host)) ||
  Object.entries(one.headers).some(([name, condition]) => excludes(condition, other.headers[name])) ||
  Object.entries(one.query).some(([name, value]) => (other.query[name] ?? value) !== value) ||
  (one.version !== undefined &&
    other.version !== undefined &&
    !semver.intersects(one.version, other.version));

const hostsMeet = (one: string, other: string): boolean => {
  if (one.startsWith('*.') && other.startsWith('*.'))
    return one.endsWith(other.slice(1)) || other.endsWith(one.slice(1));
  if (one.startsWith('*.')) return other.endsWith(one.slice(1));
  return other.startsWith('*.') ? one.endsWith(other.slice(1)) : one === other;
};

type HeaderCondition = Matched['headers'][string];

const excludes = (one: HeaderCondition, other: HeaderCondition | undefined): boolean => {
  if (other === undefined) return false;
  if (typeof one === 'string' && typeof other === 'string') return one !== other;
  return wantsPresence(one) !== wantsPresence(other);
};

const wantsPresence = (condition: HeaderCondition): boolean =>
  typeof condition === 'string' || !('present' in condition) || condition.present;
