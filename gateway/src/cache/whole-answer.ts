import { type AnswerSink, endAnswer, writeChunk, writeHead } from '../answer-sink.ts';
import type { Exchange } from '../exchange.ts';

/** An answer that is there as a whole. `headers` is a flat list without what the gateway says on every answer. */
export type WholeAnswer = Readonly<{ status: number; headers: readonly string[]; body: Buffer }>;

/** Answers without a service: to `sink` or, where nothing looks at answers, at once. */
export const answerWhole = (exchange: Exchange, sink: AnswerSink | undefined, answer: WholeAnswer): void => {
  const { status, body } = answer;
  const isEmpty = status === 204 || status === 304;
  const headers = [...exchange.answerHeaders, ...answer.headers];
  if (!isEmpty) headers.push('Content-Length', String(body.length));
  const sent = isEmpty || exchange.method === 'HEAD' ? undefined : body;
  if (sink === undefined) {
    writeHead(exchange, status, headers);
    if (sent !== undefined) writeChunk(exchange, sent);
    endAnswer(exchange);
    return;
  }
  sink.head(status, headers);
  if (sent !== undefined && sent.length > 0) sink.data(sent);
  sink.end();
};
