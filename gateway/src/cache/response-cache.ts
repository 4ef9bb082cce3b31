import { gatewayError } from '../gateway-error.ts';
import type { Handler, Policy } from '../policy.ts';
import type { AnswerSink, SinkExchange } from './answer-sink.ts';
import { type CacheAddress, cacheAddressOf, variantKey } from './cache-key.ts';
import { cacheStatusHeader } from './cache-status.ts';
import type { Found, VariantOf } from './cache-store.ts';
import { cacheUse, wantsOnlyCached } from './cacheable-request.ts';
import { failureCodeOf } from './failing.ts';
import { type HeaderRecord, toHeaderRecord } from './header-record.ts';
import { type AskedService, KeptAnswerSink, type RouteCache, standIn } from './kept-answer-sink.ts';
import { type Reuse, validatorsOf } from './reuse-rules.ts';
import { answerStored } from './stored-reply.ts';

export type ResponseCacheDeps = RouteCache &
  Readonly<{ route: string; toResponse: (exchange: SinkExchange) => AnswerSink }>;

type Question = Readonly<{
  exchange: SinkExchange;
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
        const ttlSeconds = Math.ceil(reuse.freshForMs / 1000);
        answerStored(exchange, { stored, reuse, asked, status: { kind: 'hit', ttlSeconds } });
        return;
      }
      if (wantsOnlyCached(asked)) throw nothingStored();
      return askService(
        {
          ...question,
          ...{ stored, mark: found.mark, why: reasonOf(reuse, otherVariant) },
          revalidates: stored !== undefined && askByValidators(question, validatorsOf(stored)),
          askedAtMs: deps.now(),
          outer: exchange.sink ?? deps.toResponse(exchange),
        },
        deps,
        next,
      );
    };

    return function answerFromStore(given) {
      const exchange = given as SinkExchange;
      const asked = toHeaderRecord(exchange.message.passing);
      if (cacheUse(exchange.method, asked, exchange.principal) === 'bypass') {
        if (exchange.method === 'GET' || exchange.method === 'HEAD') {
          count('bypass');
          exchange.answerHeaders.push('Cache-Status', cacheStatusHeader({ kind: 'fwd', why: 'bypass' }));
        }
        return next(exchange);
      }
      const { message, path, query, principal } = exchange;
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
const askByValidators = ({ exchange }: Question, validators: readonly string[]): boolean => {
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

const askService = (request: AskedService, cache: RouteCache, next: Handler): Promise<void> | void => {
  const { exchange, outer } = request;
  exchange.sink = new KeptAnswerSink(cache, request);

  const answerInstead = (error: unknown): void => {
    exchange.sink = outer;
    const code = failureCodeOf(error);
    if (code === undefined || !standIn(cache, request, { code })) throw error;
    exchange.errorCode = code;
  };

  try {
    return next(exchange)?.catch(answerInstead);
  } catch (error) {
    return answerInstead(error);
  }
};

const nothingStored = () =>
  gatewayError('gateway_timeout', { message: 'Nothing that is stored may answer this (only-if-cached).' });
