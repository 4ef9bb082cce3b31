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
 * address), `ip`, or the value of a header. Says what is left on every answer; over it 429 with `Retry-After`.
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

const createSubjectOf = ({
  by,
  header,
}: Pick<RateLimitConfig, 'by' | 'header'>): ((e: Exchange) => string) => {
  switch (by) {
    case 'principal':
      return ({ principal, client }) =>
        principal === undefined ? `ip:${client.group}` : `user:${principal.id}`;
    case 'ip':
      return ({ client }) => `ip:${client.group}`;
    case 'header': {
      const name = (header ?? '').toLowerCase();
      return ({ request, client }) => {
        const value = request.headers[name];
        if (value === undefined) return `ip:${client.group}`;
        const text = String(value);
        return `header:${text.length > longestSubject ? hash('sha256', text) : text}`;
      };
    }
  }
};
