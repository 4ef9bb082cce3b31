import { hash } from 'node:crypto';
import type { RateLimitConfig } from '../config/gateway-config.ts';
import type { Exchange } from '../exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import { type NamedLimit, rateLimitHeader } from '../limits/limit-headers.ts';
import type { Policy } from '../policy.ts';
import type { AddressLimit } from './address-limit.ts';

export type RateLimitDeps = Readonly<{
  addressLimit: Pick<AddressLimit, 'takeWith'>;
  onRefusal: (limit: string) => void;
}>;

/** Longer ones are counted by their hash, so that a key of the limiter has a bounded size. */
const longestSubject = 64;

/**
 * Counts the route's callers, after authentication, since they are counted by who they are: `principal` (nobody: the
 * address), `api-key` (each key by itself, other callers as by `principal`), `ip`, `route` (all together), or the value of a
 * header. Says what is left on every answer; over it 429 with `Retry-After`.
 */
export const rateLimit =
  (limit: NamedLimit, counted: Pick<RateLimitConfig, 'by' | 'header'>, deps: RateLimitDeps): Policy =>
  (next) => {
    const { addressLimit, onRefusal } = deps;
    const subjectOf = createSubjectOf(counted);

    const decide = (exchange: Exchange, left: number): Promise<void> | void => {
      const resetSeconds = left < 0 ? Math.ceil(-left / 1000) : limit.windowSeconds;
      exchange.answerHeaders.push(
        'RateLimit-Policy',
        limit.policyHeader,
        'RateLimit',
        rateLimitHeader(limit, Math.max(0, Math.floor(left)), resetSeconds),
      );
      if (left >= 0) return next(exchange);
      onRefusal(limit.name);
      throw gatewayError('rate_limited', { details: { retryAfterSeconds: resetSeconds } });
    };

    return function countCaller(exchange) {
      const left = addressLimit.takeWith(exchange, `${limit.name}|${subjectOf(exchange)}`, limit);
      // Counted in memory, it goes on in the same turn.
      return typeof left === 'number'
        ? decide(exchange, left)
        : left.then((known) => decide(exchange, known));
    };
  };

/** A key of the limiter is seen by administrators, and lies in Redis: there these stand as their hash. */
const secretHeaders: ReadonlySet<string> = new Set(['authorization', 'cookie', 'x-api-key']);

const byPrincipal = ({ principal, client }: Exchange): string =>
  principal === undefined ? `ip:${client.group}` : `user:${principal.id}`;

const createSubjectOf = ({
  by,
  header,
}: Pick<RateLimitConfig, 'by' | 'header'>): ((e: Exchange) => string) => {
  switch (by) {
    case 'principal':
      return byPrincipal;
    case 'api-key':
      return (exchange) => {
        const apiKeyId = exchange.principal?.apiKeyId;
        return apiKeyId === undefined ? byPrincipal(exchange) : `key:${apiKeyId}`;
      };
    case 'ip':
      return ({ client }) => `ip:${client.group}`;
    case 'route':
      return () => 'all';
    case 'header': {
      const name = (header ?? '').toLowerCase();
      const longest = secretHeaders.has(name) ? 0 : longestSubject;
      return ({ request, client }) => {
        const value = request.headers[name];
        if (value === undefined) return `ip:${client.group}`;
        const text = String(value);
        return `header:${text.length > longest ? hash('sha256', text) : text}`;
      };
    }
  }
};
