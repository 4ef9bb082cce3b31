import type { SinkExchange } from './answer-sink.ts';
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
}>;

const nothing = Buffer.alloc(0);

/** Answers from the store: whole, or with 304 a client that has it already. */
export const answerStored = (exchange: SinkExchange, { stored, reuse, asked, status }: StoredReply): void => {
  const own = ['Age', String(reuse.ageSeconds), 'Cache-Status', cacheStatusHeader(status)];
  const isConditional = stored.status === 200 && ('if-none-match' in asked || 'if-modified-since' in asked);
  if (!isConditional || !hasItAlready(asked, toHeaderRecord(stored.headers))) {
    answerWhole(exchange, { status: stored.status, headers: [...stored.headers, ...own], body: stored.body });
    return;
  }
  const told = stored.headers.filter((_, index) =>
    isToldAgain(stored.headers[index - (index % 2)] as string),
  );
  answerWhole(exchange, { status: 304, headers: [...told, ...own], body: nothing });
};
