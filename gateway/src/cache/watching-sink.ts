import { type AnswerSink, toResponse } from '../answer-sink.ts';
import type { Exchange, Refuse } from '../exchange.ts';
import { headerIn } from './own-headers.ts';

/**
 * Sees how a request ends, below: by an answer, or by a failure while the client has nothing. Nothing may put a sink of
 * another kind inside of it (`pipeline.ts`).
 */
export abstract class WatchingSink implements AnswerSink {
  protected readonly exchange: Exchange;
  /** Where the answer goes. */
  protected readonly outer: AnswerSink;
  /** As many values of a list of headers are the gateway's own; the service's come after them. */
  protected readonly ownValues: number;
  private readonly former: Refuse;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.outer = exchange.sink ?? toResponse(exchange);
    this.ownValues = exchange.answerHeaders.length;
    this.former = exchange.refuse;
    exchange.sink = this;
    exchange.refuse = refuseThroughSink;
  }

  abstract head(status: number, headers: string[]): void;
  abstract data(chunk: Buffer): boolean;
  abstract end(): void;
  abstract breakOff(): void;

  /** What failed may be answered here: true. Otherwise it is told to whoever is outside. */
  protected abstract hasAnswerFor(thrown: unknown): boolean;

  /** Hands the head on. A body of unknown length may be long in coming (an event stream), so the head does not wait for it. */
  protected begin(status: number, headers: string[]): void {
    const { response } = this.exchange;
    this.outer.head(status, headers);
    if (response.headersSent && headerIn(headers, 'content-length') === undefined) response.flushHeaders();
  }

  /** Nothing came of the answer that was under way: its headers are taken back. */
  protected takeBackHeaders(): void {
    this.exchange.answerHeaders.length = this.ownValues;
  }

  /** Sees nothing from now on. */
  protected leave(): void {
    this.takeBackHeaders();
    this.exchange.sink = this.outer;
    this.exchange.refuse = this.former;
  }

  refuse(thrown: unknown): void {
    this.leave();
    if (!this.hasAnswerFor(thrown)) this.former(this.exchange, thrown);
  }
}

/** One function for all requests: closures in an exchange outlive it (`exchange.ts`). */
const refuseThroughSink: Refuse = (exchange, thrown) => {
  if (exchange.sink instanceof WatchingSink) exchange.sink.refuse(thrown);
};
