import type { AnswerSink } from '../answer-sink.ts';
import type { Exchange } from '../exchange.ts';
import { type CacheStatus, cacheStatusHeader } from './cache-status.ts';
import { hasItAlready, isToldAgain } from './conditional.ts';
import { type HeaderRecord, toHeaderRecord } from './header-record.ts';
import type { Reuse } from './reuse-rules.ts';
import type { StoredAnswer } from './stored-answer.ts';
import { answerWhole } from './whole-answer.ts';

export type StoredReply = Readonly<{
  stored: StoredAnswer;
  reuse: Reuse;
  asked: HeaderRecord;
  status: CacheStatus;
  to: AnswerSink | undefined;
}>;

const nothing = Buffer.alloc(0);

/** Answers from the store: whole, or with 304 a client that has it already. */
export const answerStored = (exchange: Exchange, { stored, reuse, asked, status, to }: StoredReply): void => {
  const own = ['Age', String(reuse.ageSeconds), 'Cache-Status', cacheStatusHeader(status)];
  const isConditional = stored.status === 200 && ('if-none-match' in asked || 'if-modified-since' in asked);
  if (!isConditional || !hasItAlready(asked, toHeaderRecord(stored.headers))) {
    answerWhole(exchange, to, { ...stored, headers: [...stored.headers, ...own] });
    return;
  }
  const told = stored.headers.filter((_, index) =>
    isToldAgain(stored.headers[index - (index % 2)] as string),
  );
  answerWhole(exchange, to, { status: 304, headers: [...told, ...own], body: nothing });
};
