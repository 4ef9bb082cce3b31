import { isAppError } from '@gatehouse/errors';
import type { Admission, Clock, TryEnd } from '@gatehouse/resilience';
import { leavesRest } from '../answer.ts';
import { endAnswer, writeChunk, writeHead } from '../answer-sink.ts';
import { atTurnEnd, type TurnTask } from '../at-turn-end.ts';
import type { Exchange, Underway } from '../exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Failure } from './failure.ts';
import { isInvalidRequest } from './http1/connection-error.ts';
import type { AnswerHandler, RequestControl } from './http1/outgoing-request.ts';
import { countsAgainst, mayBeBetterElsewhere, outcomeOf, toStatusFailure } from './judge-try.ts';
import { findHeader, toAnswerHeaders } from './relay-answer.ts';
import type { Timed, TimeLimits } from './time-limits.ts';
import type { Outcome } from './upstream-instance.ts';

export type ProxiedRequestOptions = Readonly<{
  /** To the headers of the answer, from when the request was sent. */
  tryTimeoutMs: number;
  clock: Clock;
  limits: TimeLimits;
}>;

/** Answers up to here wait until they are whole: they go out in one piece, and a broken one can be tried again. */
const heldBytes = 16_384;

/**
 * One try: the connection tells it what happens upstream, it tells the client. A class, since one is made for every
 * request.
 *
 * - `sending`: until the headers of the answer. Failures here leave the client without a byte: they end the try with a
 *   failure, and the retry policy decides.
 * - `held`: headers are there, the (small) body is not whole, or the turn of the event loop not over. The same holds.
 * - `streaming`: the client has the headers. A failure now breaks the client's connection off.
 * - `ended`: the try is over; whatever the connection still says is ignored.
 */
export class ProxiedRequest implements AnswerHandler, Timed, Underway, TurnTask {
  dueAtMs = 0;
  place = -1;
  private phase: 'sending' | 'held' | 'streaming' | 'ended' = 'sending';
  private controller: RequestControl | undefined;
  private status = 0;
  private judged = false;
  private headers: readonly string[] = [];
  private held: Buffer | undefined;
  private door: Admission | undefined;
  private readonly startedAtMs: number;
  private readonly exchange: Exchange;
  private readonly options: ProxiedRequestOptions;

  constructor(exchange: Exchange, options: ProxiedRequestOptions) {
    this.exchange = exchange;
    this.options = options;
    this.startedAtMs = options.clock.monotonic();
    this.startTimer(this.startedAtMs);
    this.door = exchange.door;
    this.door?.begin(this.startedAtMs);
    exchange.underway = this;
  }

  /** The connection stands and the request is about to be written: from here on it may have reached the service. */
  onRequestStart(controller: RequestControl): void {
    this.controller = controller;
    if (this.phase === 'ended') controller.abort();
  }

  /** A body that was streamed takes its time; the answer's time starts when all of it is sent. */
  onRequestSent(): void {
    if (this.exchange.body.kind !== 'stream' || this.phase !== 'sending') return;
    this.options.limits.forget(this);
    this.startTimer(this.options.clock.monotonic());
  }

  onResponseStart(controller: RequestControl, status: number, headers: readonly string[]): void {
    if (this.phase !== 'sending') return;
    const { exchange } = this;
    this.leaveDoor(status === 503 ? 'shed' : status >= 500 ? 'unknown' : 'answered');
    if (mayBeBetterElsewhere(exchange, status, headers)) {
      const failure = toStatusFailure(status, headers);
      this.judge(countsAgainst(exchange, failure) ? 'failed' : 'patience', failure);
      if (this.willRetry(failure)) {
        this.end(failure, undefined);
        controller.abort();
        return;
      }
    } else if (status >= 500) this.judge('failed', toStatusFailure(status, headers));

    this.status = status;
    this.headers = headers;
    const length = hasNoBody(exchange.method, status)
      ? 0
      : Number(findHeader(headers, 'content-length') ?? Number.NaN);
    if (length <= heldBytes && !leavesRest(exchange)) {
      this.phase = 'held';
      return;
    }
    this.phase = 'streaming';
    this.judge('ok', undefined);
    this.writeHead(headers);
    if (isEventStream(headers)) this.options.limits.forget(this);
    // Of unknown length, so the first byte may be long in coming.
    if (Number.isNaN(length) && exchange.sink === undefined) exchange.response.flushHeaders();
  }

  onResponseData(controller: RequestControl, chunk: Buffer): void {
    if (this.phase === 'held') {
      this.held = this.held === undefined ? chunk : Buffer.concat([this.held, chunk]);
    } else if (this.phase === 'streaming') {
      const { exchange } = this;
      const mayGoOn =
        exchange.sink === undefined ? writeChunk(exchange, chunk, true) : exchange.sink.data(chunk, true);
      if (!mayGoOn) controller.pause();
    }
  }

  onResponseEnd(): void {
    const { phase, exchange } = this;
    if (phase === 'held') atTurnEnd(this);
    else if (phase === 'streaming') {
      if (exchange.sink === undefined) endAnswer(exchange);
      else exchange.sink.end();
      this.end(undefined, undefined);
    }
  }

  /** All of it is held, and nothing has come between. */
  atTurnEnd(): void {
    if (this.phase !== 'held') return;
    try {
      this.sendHeld();
      this.end(undefined, undefined);
    } catch (error) {
      this.onResponseError(null, error as Error);
    }
  }

  onResponseError(_controller: RequestControl | null, error: Error): void {
    switch (this.phase) {
      case 'ended':
        return;
      case 'streaming':
        this.breakOff('bad_gateway');
        return;
      case 'sending':
      case 'held':
        this.fail({ kind: this.controller === undefined ? 'connect' : 'reset', cause: error });
    }
  }

  onTime(): void {
    const { clock } = this.options;
    const leftMs = this.exchange.endsAtMs - clock.monotonic();
    if (leftMs > 1) {
      if (this.phase !== 'sending' || this.isStillSendingBody()) {
        this.dueAtMs = this.exchange.endsAtMs;
      } else this.fail({ kind: this.controller === undefined ? 'connect' : 'slow' });
    } else if (this.phase === 'streaming') this.breakOff('gateway_timeout');
    else if (this.isWaitingForClient()) this.fail({ kind: 'late', cause: gatewayError('request_timeout') });
    else this.fail({ kind: 'late' });
  }

  /** The client is gone: nobody is left to answer, and the service need not go on. */
  abandon(): void {
    if (this.phase === 'ended') return;
    this.judge('released', undefined);
    this.exchange.sink?.breakOff();
    this.end(undefined, undefined);
    this.controller?.abort();
  }

  resume(): void {
    this.controller?.resume();
  }

  /** Header and body in one string leave in one write. */
  private sendHeld(): void {
    const { exchange, held } = this;
    this.judge('ok', undefined);
    this.writeHead(this.headers);
    if (exchange.sink !== undefined) {
      if (held !== undefined) exchange.sink.data(held);
      exchange.sink.end();
    } else if (held === undefined) exchange.response.end();
    else {
      exchange.sentBytes += held.length;
      exchange.response.end(held.toString('latin1'), 'latin1');
    }
  }

  private writeHead(headers: readonly string[]): void {
    const { exchange, status } = this;
    const list = toAnswerHeaders(exchange, headers, status);
    if (exchange.sink === undefined) writeHead(exchange, status, list);
    else exchange.sink.head(status, list);
  }

  private startTimer(nowMs: number): void {
    this.dueAtMs = Math.min(nowMs + this.options.tryTimeoutMs, this.exchange.endsAtMs);
    this.options.limits.watch(this);
  }

  private isStillSendingBody(): boolean {
    const { body } = this.exchange;
    return this.controller !== undefined && body.kind === 'stream' && !body.stream.readableEnded;
  }

  /** A client that takes all of the time to send its body says nothing about the service; one that is held back does. */
  private isWaitingForClient(): boolean {
    return this.isStillSendingBody() && !this.exchange.request.isPaused();
  }

  /** Ends the try while the client has nothing. A refusal of ours (a body too large or too late) is no fault of the service. */
  private fail(failure: Failure): void {
    if (isAppError(failure.cause) || isInvalidRequest(failure.cause)) {
      this.judge('released', undefined);
      this.end(undefined, isAppError(failure.cause) ? failure.cause : gatewayError('malformed_request'));
    } else {
      // It took at least so long.
      if (failure.kind === 'slow' || (failure.kind === 'late' && this.exchange.attempts === 1))
        this.leaveDoor('answered');
      // An instance that breaks off or does not answer is no fault of the service while another one can take the request:
      // dozens may break off at once when one instance dies.
      if (this.willRetry(failure)) this.exchange.permit?.release();
      this.judge(outcomeOf(failure), failure);
      this.end(failure, undefined);
    }
    this.controller?.abort();
  }

  /** Says how the try went, to its instance and to the breaker of the service: what is said first holds. */
  private judge(outcome: Outcome | 'patience', failure: Failure | undefined): void {
    if (this.judged) return;
    this.judged = true;
    const { instance, permit } = this.exchange;
    // Who asks for patience is well.
    instance?.outcome(outcome === 'patience' ? 'ok' : outcome);
    if (outcome === 'ok') permit?.succeed();
    else if (outcome === 'patience' || outcome === 'released') permit?.release();
    else permit?.fail(failure);
  }

  /** How long a body took that was streamed is the client's doing too. */
  private leaveDoor(end: TryEnd): void {
    const { door, exchange, startedAtMs, options } = this;
    if (door === undefined) return;
    this.door = undefined;
    const isOurs = end !== 'answered' || exchange.body.kind !== 'stream';
    door.end(isOurs ? end : 'unknown', startedAtMs, options.clock.monotonic());
  }

  private willRetry(failure: Failure): boolean {
    this.exchange.willRetry = this.exchange.mayRetry(this.exchange, failure);
    return this.exchange.willRetry;
  }

  private breakOff(code: 'bad_gateway' | 'gateway_timeout'): void {
    const { exchange } = this;
    exchange.errorCode = code;
    if (exchange.sink === undefined) exchange.response.destroy();
    else exchange.sink.breakOff();
    this.end(undefined, undefined);
    this.controller?.abort();
  }

  private end(failure: Failure | undefined, refusal: unknown): void {
    const { exchange, options } = this;
    this.phase = 'ended';
    this.leaveDoor('unknown');
    options.limits.forget(this);
    exchange.underway = undefined;
    exchange.upstreamMs += options.clock.monotonic() - this.startedAtMs;
    exchange.onTried(exchange, failure, refusal);
  }
}

const hasNoBody = (method: string, status: number): boolean =>
  method === 'HEAD' || status === 204 || status === 304;

const isEventStream = (headers: readonly string[]): boolean =>
  findHeader(headers, 'content-type')?.startsWith('text/event-stream') === true;
