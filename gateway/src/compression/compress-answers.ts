import type { AnswerSink } from '../answer-sink.ts';
import type { Exchange } from '../exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Policy } from '../policy.ts';
import { chooseCoding } from './choose-coding.ts';
import { isNoTransform } from './compressed-head.ts';
import { CompressingSink } from './compressing-sink.ts';
import type { Compressors } from './compressors.ts';
import { stripCodings } from './entity-tags.ts';

export type CompressAnswersDeps = Readonly<{
  compressors: Compressors;
  toResponse: (exchange: Exchange) => AnswerSink;
}>;

/**
 * Packs the answers of a route as its callers wish. Who takes neither a coding of ours nor the plain bytes is told so
 * (406) before the service has done anything.
 *
 * To be left off where an answer holds a secret next to something that a stranger may choose: from the length of what
 * was packed the secret can be guessed bit by bit (BREACH).
 */
export const compressAnswers =
  (settings: Readonly<{ minBytes: number }> | undefined, deps: CompressAnswersDeps): Policy =>
  (next) => {
    if (settings === undefined) return next;
    const { minBytes } = settings;
    const { compressors, toResponse } = deps;

    return function chooseForm(exchange) {
      const { headers } = exchange.request;
      exchange.answerHeaders.push('Vary', 'Accept-Encoding');
      const choice = chooseCoding(headers['accept-encoding']?.toString());
      if (choice.coding === undefined && !choice.identityAllowed) throw gatewayError('not_acceptable');
      const sentTags = stripCodings(exchange.message);
      if (isNoTransform(headers['cache-control'])) return next(exchange);
      if (choice.coding === undefined && sentTags === undefined) return next(exchange);

      const outer = exchange.sink ?? toResponse(exchange);
      exchange.sink = new CompressingSink(exchange, outer, { choice, minBytes, sentTags, compressors });
      return next(exchange);
    };
  };
