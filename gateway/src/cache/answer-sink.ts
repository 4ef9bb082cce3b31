import type { Exchange } from '../exchange.ts';

export type AnswerSink = Readonly<{
  head(status: number, headers: string[]): void;
  data(chunk: Buffer): boolean;
  end(): void;
  breakOff(): void;
}>;

export type SinkExchange = Exchange & { sink?: AnswerSink | undefined; onDrain?: (() => void) | undefined };
