import { hash } from 'node:crypto';
import type { Principal } from '@gatehouse/auth';
import type { HeaderRecord } from './header-record.ts';

/** Where an answer is kept. Both are hashes: nothing that a client sent can be read from them. */
export type CacheAddress = Readonly<{
  /** Of the path alone, whoever asks and by whatever route: what a write to it makes worthless. */
  path: string;
  /** Of everything that an answer may depend on, but for the headers that it names itself (`Vary`). */
  entry: string;
}>;

/** What a request is kept under besides its path. */
export type KeyParts = Readonly<{
  route: string;
  host: string | undefined;
  path: string;
  /** As it is sent on: begins with `?`, or is empty. */
  query: string;
  principal: Principal | undefined;
  /** Values of the headers that the route names, in its order. */
  vary: readonly (string | undefined)[];
}>;

/**
 * A tuple is hashed, never a text put together of its parts: no two different requests have one address, however their
 * parts are cut (a key of `host + path` once sent requests to another's upstream, GHSA-v574-6498-x57v).
 */
export const cacheAddressOf = (parts: KeyParts): CacheAddress => ({
  path: pathKey(parts.path),
  entry: digest([
    'entry',
    parts.route,
    parts.host?.toLowerCase() ?? null,
    parts.path,
    normalQuery(parts.query),
    identityOf(parts.principal),
    parts.vary.map((value) => value ?? null),
  ]),
});

/** Of a path alone, in its normal form. */
export const pathKey = (path: string): CacheAddress['path'] => digest(['path', path]);

/** By the values of the headers that an answer depends on; their names sorted, each once. */
export const variantKey = (names: readonly string[], headers: HeaderRecord): string =>
  digest(['variant', names.map((name) => [name, headers[name]?.trim() ?? null])]);

const digest = (tuple: readonly unknown[]): string => hash('sha256', JSON.stringify(tuple), 'base64url');

const known = new WeakMap<Principal, string>();

/** Everything about a caller that an answer may depend on. A verified token gives the same principal again and again. */
const identityOf = (principal: Principal | undefined): string => {
  if (principal === undefined) return 'anonymous';
  const before = known.get(principal);
  if (before !== undefined) return before;
  const { kind, id, role, permissions, emailVerified } = principal;
  const identity = digest(['identity', kind, id, role, emailVerified, [...permissions].sort()]);
  known.set(principal, identity);
  return identity;
};

const escaped = /%[0-9A-Fa-f]{2}/g;
const unreserved = /[A-Za-z0-9._~-]/;

/** RFC 3986 §6.2.2: one spelling of each escape. The order of parameters stays: a service may read something from it. */
const normalQuery = (query: string): string => {
  if (query === '?') return '';
  if (!query.includes('%')) return query;
  return query.replace(escaped, (spelt) => {
    const character = String.fromCharCode(Number.parseInt(spelt.slice(1), 16));
    return unreserved.test(character) ? character : spelt.toUpperCase();
  });
};
