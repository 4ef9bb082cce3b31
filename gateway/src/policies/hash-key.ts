import type { HashSettings } from '../config/route-settings.ts';
import type { Exchange } from '../exchange.ts';

/** What a request is told apart by when instances are chosen by consistent hash. */
export type HashKey = (exchange: Exchange) => string | undefined;

/**
 * Of a route with `hash`, decided when the pipeline is built. A request without the header, cookie or parameter has no key:
 * it goes to whoever has least to do. Whoever is not signed in is told apart by address (IPv6: /64).
 */
export const hashKeyOf = (hash: HashSettings): HashKey => {
  switch (hash.by) {
    case 'header':
      return ({ request }) => textOf(request.headers[hash.name]);
    case 'cookie':
      return ({ request }) => cookieOf(request.headers.cookie, hash.name);
    case 'query':
      return ({ query }) => new URLSearchParams(query).get(hash.name) ?? undefined;
    case 'principal':
      return ({ principal, client }) => principal?.id ?? client.group;
  }
};

const textOf = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'object' ? value.join(', ') : value;

/** The first of that name, as servers read it (RFC 6265 §5.4). */
const cookieOf = (header: string | undefined, name: string): string | undefined => {
  const start = `${name}=`;
  const pair = header
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(start));
  return pair?.slice(start.length);
};
