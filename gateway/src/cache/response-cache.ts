import type { Exchange } from '../exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Policy } from '../policy.ts';
import { type CacheAddress, cacheAddressOf, variantKey } from './cache-key.ts';
import { cacheStatusHeader } from './cache-status.ts';
import type { Found, VariantOf } from './cache-store.ts';
import { cacheUse, wantsOnlyCached } from './cacheable-request.ts';
import { type HeaderRecord, toHeaderRecord } from './header-record.ts';
import { type AskedService, KeptAnswerSink, type RouteCache } from './kept-answer-sink.ts';
import { type Reuse, validatorsOf } from './reuse-rules.ts';
import { answerStored } from './stored-reply.ts';

export type ResponseCacheDeps = RouteCache &
  Readonly<{
    /** Tells routes apart, and what a route once was from what it is after a reload. */
    route: string;
  }>;

type Question = Readonly<{
  exchange: Exchange;
  asked: HeaderRecord;
  address: CacheAddress;
  variantOf: VariantOf;
}>;

/**
 * Answers GET and HEAD from what services have answered before, as RFC 9111 allows a cache that many share: fresh answers
 * without asking, stale ones after the service confirmed them, or instead of its failure where that is allowed.
 * Who asks is part of the key, and what cannot be told apart by it is not looked at.
 */
export const responseCache =
  (deps: ResponseCacheDeps): Policy =>
  (next) => {
    const { settings, store, rules, count, route } = deps;

    const decide = (question: Question, found: Found): Promise<void> | void => {
      const { exchange, asked } = question;
      const { answer: stored, otherVariant } = found;
      if (exchange.gone) return;
      const reuse = stored && rules.reuse(stored, asked);
      if (stored !== undefined && reuse?.verdict === 'use') {
        count(reuse.freshForMs > 0 ? 'hit' : 'stale');
        exchange.answeredBy = 'cache';
        const ttlSeconds = Math.ceil(reuse.freshForMs / 1000);
        answerStored(exchange, {
          stored,
          reuse,
          asked,
          status: { kind: 'hit', ttlSeconds },
          to: exchange.sink,
        });
        return;
      }
      if (wantsOnlyCached(asked)) throw nothingStored();
      new KeptAnswerSink(exchange, deps, {
        ...{ asked, address: question.address, variantOf: question.variantOf, stored, mark: found.mark },
        why: reasonOf(reuse, otherVariant),
        revalidates: stored !== undefined && askByValidators(exchange, validatorsOf(stored)),
        askedAtMs: deps.now(),
      });
      return next(exchange);
    };

    return function answerFromStore(exchange) {
      const { message, method, path, query, principal } = exchange;
      const asked = toHeaderRecord(message.passing);
      if (cacheUse(method, asked, principal) === 'bypass') {
        if (method === 'GET' || method === 'HEAD') {
          count('bypass');
          exchange.answerHeaders.push('Cache-Status', cacheStatusHeader({ kind: 'fwd', why: 'bypass' }));
        }
        return next(exchange);
      }
      const vary = settings.vary.map((name) => asked[name]);
      const address = cacheAddressOf({ route, host: message.host, path, query, principal, vary });
      const variantOf: VariantOf = (names) => variantKey(names, asked);
      const question = { exchange, asked, address, variantOf };
      const found = store.find(address, variantOf);
      return found instanceof Promise
        ? found.then((known) => decide(question, known))
        : decide(question, found);
    };
  };

const reasonOf = (reuse: Reuse | undefined, otherVariant: boolean): AskedService['why'] => {
  if (reuse === undefined) return otherVariant ? 'vary-miss' : 'uri-miss';
  return reuse.verdict === 'refused' ? 'request' : 'stale';
};

/** The client's own conditions are answered from the store afterwards: a 304 to them would say nothing of what is stored. */
const askByValidators = (exchange: Exchange, validators: readonly string[]): boolean => {
  if (exchange.method !== 'GET' || validators.length === 0) return false;
  const passing = [...validators];
  const before = exchange.message.passing;
  for (let index = 0; index < before.length; index += 2) {
    const name = before[index] as string;
    if (name === 'if-none-match' || name === 'if-modified-since') continue;
    passing.push(name, before[index + 1] as string);
  }
  exchange.message = { ...exchange.message, passing };
  return true;
};

const nothingStored = () =>
  gatewayError('gateway_timeout', { message: 'Nothing that is stored may answer this (only-if-cached).' });
