import type { AnswerSink, SinkExchange } from '../cache/answer-sink.ts';
import { cacheAddressOf, variantKey } from '../cache/cache-key.ts';
import { collapsed } from '../cache/cache-status.ts';
import { cacheUse } from '../cache/cacheable-request.ts';
import { type HeaderRecord, toHeaderRecord } from '../cache/header-record.ts';
import { headerIn, serviceHeaders } from '../cache/own-headers.ts';
import { answerWhole } from '../cache/whole-answer.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Handler, Policy } from '../policy.ts';
import type { Flight, Flights, Follower, SharedAnswer } from './coalesce-flights.ts';
import { sharedBy } from './coalesce-rules.ts';

export type CoalesceDeps = Readonly<{
  route: string;
  /** Headers that answers differ by although they do not say so. */
  vary: readonly string[];
  flights: Flights;
  clock: Readonly<{ monotonic(): number; schedule(delayMs: number, task: () => void): () => void }>;
  toResponse: (exchange: SinkExchange) => AnswerSink;
  /** Told of each request that was not sent. */
  onCollapsed: () => void;
}>;

/**
 * Sends identical GETs of nobody that come while the first has no answer yet once, and gives its answer to all of them
 * if it is for all. Otherwise, and when it fails, each asks for itself. Each keeps its own deadline.
 */
export const coalesce =
  (deps: CoalesceDeps): Policy =>
  (next) => {
    const { route, vary, flights } = deps;

    return function joinFlight(given) {
      const exchange = given as SinkExchange;
      const { message, path, query } = exchange;
      if (exchange.method !== 'GET' || exchange.principal !== undefined) return next(exchange);
      const asked = toHeaderRecord(message.passing);
      if (!maySharePlace(asked)) return next(exchange);
      const { entry } = cacheAddressOf({
        ...{ route, host: message.host, path, query, principal: undefined },
        vary: vary.map((name) => asked[name]),
      });
      const waiter = new Waiter(exchange, asked, deps, next);
      const joined = flights.join(entry, waiter);
      switch (joined.as) {
        case 'alone':
          return next(exchange);
        case 'lead':
          return askFor(exchange, { flight: joined.flight, asked, deps, next });
        case 'follow':
          return waiter.wait(joined.leave);
      }
    };
  };

/** Conditions and wishes of its own make a request different from others of the same URI. */
const maySharePlace = (asked: HeaderRecord): boolean =>
  cacheUse('GET', asked, undefined) === 'look' &&
  !(
    'cache-control' in asked ||
    'pragma' in asked ||
    'if-none-match' in asked ||
    'if-modified-since' in asked
  );

type Lead = Readonly<{ flight: Flight; asked: HeaderRecord; deps: CoalesceDeps; next: Handler }>;

/** Asks, and lets those who wait have the answer too. */
const askFor = (exchange: SinkExchange, { flight, asked, deps, next }: Lead): Promise<void> | void => {
  const outer = exchange.sink ?? deps.toResponse(exchange);
  exchange.sink = new SharedSink(exchange, outer, flight, asked);
  // Answered, it is over, and this says nothing any more.
  exchange.response.once('close', flight.leave);

  const fail = (error: unknown): never => {
    exchange.sink = outer;
    if (exchange.gone) flight.leave();
    else flight.fail();
    throw error;
  };
  try {
    return next(exchange)?.catch(fail);
  } catch (error) {
    return fail(error);
  }
};

class SharedSink implements AnswerSink {
  private readonly exchange: SinkExchange;
  private readonly outer: AnswerSink;
  private readonly flight: Flight;
  private readonly asked: HeaderRecord;

  constructor(exchange: SinkExchange, outer: AnswerSink, flight: Flight, asked: HeaderRecord) {
    this.exchange = exchange;
    this.outer = outer;
    this.flight = flight;
    this.asked = asked;
  }

  head(status: number, headers: string[]): void {
    const { length: skip } = this.exchange.answerHeaders;
    const own = serviceHeaders(headers, skip);
    const age = headerIn(headers, 'age');
    if (age !== undefined) own.push('Age', age);
    own.push('Cache-Status', collapsed(headerIn(headers, 'cache-status')));
    this.outer.head(status, headers);
    const varyNames = sharedBy(status, toHeaderRecord(own));
    this.flight.head({ status, headers: own, varyNames }, (names) => variantKey(names, this.asked));
  }

  data(chunk: Buffer): boolean {
    const goesOn = this.outer.data(chunk);
    this.flight.data(chunk);
    return goesOn;
  }

  end(): void {
    this.outer.end();
    this.flight.end();
  }

  breakOff(): void {
    this.outer.breakOff();
    if (this.exchange.gone) this.flight.leave();
    else this.flight.fail();
  }
}

/** Waits for another's answer, at most until its own deadline. */
class Waiter implements Follower {
  private readonly done = Promise.withResolvers<void>();
  private cancelTimer = (): void => {};
  private readonly exchange: SinkExchange;
  private readonly asked: HeaderRecord;
  private readonly deps: CoalesceDeps;
  private readonly next: Handler;

  constructor(exchange: SinkExchange, asked: HeaderRecord, deps: CoalesceDeps, next: Handler) {
    this.exchange = exchange;
    this.asked = asked;
    this.deps = deps;
    this.next = next;
  }

  wait(leave: () => void): Promise<void> {
    const { exchange, done } = this;
    const { clock } = this.deps;
    exchange.onGone = () => {
      leave();
      this.stop();
      done.resolve();
    };
    this.cancelTimer = clock.schedule(Math.max(0, exchange.endsAtMs - clock.monotonic()), () => {
      leave();
      this.stop();
      done.reject(gatewayError('gateway_timeout'));
    });
    return done.promise;
  }

  variantOf(names: readonly string[]): string {
    return variantKey(names, this.asked);
  }

  take(answer: SharedAnswer): void {
    this.stop();
    this.deps.onCollapsed();
    answerWhole(this.exchange, answer);
    this.done.resolve();
  }

  goAlone(): void {
    this.goOn(() => this.next(this.exchange));
  }

  lead(flight: Flight): void {
    const { exchange, asked, deps, next } = this;
    this.goOn(() => askFor(exchange, { flight, asked, deps, next }));
  }

  private goOn(ask: () => Promise<void> | void): void {
    this.stop();
    // In a turn of its own: whoever sends it on is in the middle of another's answer.
    queueMicrotask(() => {
      try {
        this.done.resolve(ask());
      } catch (error) {
        this.done.reject(error);
      }
    });
  }

  private stop(): void {
    this.cancelTimer();
    this.exchange.onGone = undefined;
  }
}
