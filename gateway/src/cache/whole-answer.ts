import type { AnswerSink, SinkExchange } from './answer-sink.ts';

/** An answer that is there as a whole. `headers` is a flat list without what the gateway says on every answer. */
export type WholeAnswer = Readonly<{ status: number; headers: readonly string[]; body: Buffer }>;

/** Answers without a service: through whatever looks at the answers of this route, or at once. */
export const answerWhole = (exchange: SinkExchange, answer: WholeAnswer): void => {
  const { response, method, sink } = exchange;
  const { status, body } = answer;
  const headers = [...exchange.answerHeaders, ...answer.headers];
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
  if (status !== 204 && status !== 304) headers.push('Content-Length', String(body.length));
  if (sink !== undefined) sendTo(sink, { status, headers, body: hasBody ? body : empty });
  else {
    response.writeHead(status, headers);
    if (hasBody) response.end(body);
    else response.end();
  }
};

const empty = Buffer.alloc(0);

const sendTo = (sink: AnswerSink, { status, headers, body }: WholeAnswer & { headers: string[] }): void => {
  sink.head(status, headers);
  if (body.length > 0) sink.data(body);
  sink.end();
};
