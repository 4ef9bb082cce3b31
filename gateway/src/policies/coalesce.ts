import { cacheAddressOf, variantKey } from '../cache/cache-key.ts';
import { collapsed } from '../cache/cache-status.ts';
import { cacheUse } from '../cache/cacheable-request.ts';
import { type HeaderRecord, toHeaderRecord } from '../cache/header-record.ts';
import { headerIn, serviceHeaders } from '../cache/own-headers.ts';
import { WatchingSink } from '../cache/watching-sink.ts';
import { answerWhole } from '../cache/whole-answer.ts';
import type { Exchange, Underway } from '../exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Policy } from '../policy.ts';
import type { Flight, Flights, Follower, SharedAnswer } from './coalesce-flights.ts';
import { sharedBy } from './coalesce-rules.ts';
import { problems } from './problems.ts';

export type CoalesceDeps = Readonly<{
  route: string;
  /** Headers that answers differ by although they do not say so. */
  vary: readonly string[];
  flights: Flights;
  clock: Readonly<{ monotonic(): number; schedule(delayMs: number, task: () => void): () => void }>;
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
    const lead: Lead = { deps, goOn: problems(next) };

    return function joinFlight(exchange) {
      const { message, path, query } = exchange;
      if (exchange.method !== 'GET' || exchange.principal !== undefined) return next(exchange);
      const asked = toHeaderRecord(message.passing);
      if (!maySharePlace(asked)) return next(exchange);
      const { entry } = cacheAddressOf({
        ...{ route, host: message.host, path, query, principal: undefined },
        vary: vary.map((name) => asked[name]),
      });
      const waiter = new Waiter(exchange, asked, lead);
      const joined = flights.join(entry, waiter);
      switch (joined.as) {
        case 'alone':
          return next(exchange);
        case 'lead':
          new SharedSink(exchange, joined.flight, asked);
          return next(exchange);
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

/** How one goes on who does not wait any more, in a turn of its own. */
type Lead = Readonly<{ deps: CoalesceDeps; goOn: (exchange: Exchange) => void }>;

/** Lets those who wait have the answer too. */
class SharedSink extends WatchingSink {
  private readonly flight: Flight;
  private readonly asked: HeaderRecord;

  constructor(exchange: Exchange, flight: Flight, asked: HeaderRecord) {
    super(exchange);
    this.flight = flight;
    this.asked = asked;
    // Answered, it is over, and this says nothing any more.
    exchange.response.once('close', flight.leave);
  }

  head(status: number, headers: string[]): void {
    const own = serviceHeaders(headers, this.ownValues);
    const age = headerIn(headers, 'age');
    if (age !== undefined) own.push('Age', age);
    own.push('Cache-Status', collapsed(headerIn(headers, 'cache-status')));
    this.begin(status, headers);
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
    this.endFlight();
  }

  protected hasAnswerFor(): boolean {
    this.endFlight();
    return false;
  }

  private endFlight(): void {
    if (this.exchange.gone) this.flight.leave();
    else this.flight.fail();
  }
}

/** Waits for another's answer, at most until its own deadline. */
class Waiter implements Follower, Underway {
  private cancelTimer = (): void => {};
  private stopFollowing = (): void => {};
  private readonly exchange: Exchange;
  private readonly asked: HeaderRecord;
  private readonly how: Lead;

  constructor(exchange: Exchange, asked: HeaderRecord, how: Lead) {
    this.exchange = exchange;
    this.asked = asked;
    this.how = how;
  }

  wait(leave: () => void): void {
    const { exchange } = this;
    const { clock } = this.how.deps;
    this.stopFollowing = leave;
    exchange.underway = this;
    this.cancelTimer = clock.schedule(Math.max(0, exchange.endsAtMs - clock.monotonic()), () => {
      this.abandon();
      exchange.refuse(exchange, gatewayError('gateway_timeout'));
    });
  }

  abandon(): void {
    this.stopFollowing();
    this.stop();
  }

  resume(): void {}

  variantOf(names: readonly string[]): string {
    return variantKey(names, this.asked);
  }

  take(answer: SharedAnswer): void {
    this.stop();
    this.how.deps.onCollapsed();
    this.exchange.answeredBy = 'flight';
    answerWhole(this.exchange, this.exchange.sink, answer);
  }

  goAlone(): void {
    this.goOn(undefined);
  }

  lead(flight: Flight): void {
    this.goOn(flight);
  }

  /** In a turn of its own: whoever sends it on is in the middle of another's answer. */
  private goOn(flight: Flight | undefined): void {
    const { exchange, asked, how } = this;
    this.stop();
    if (flight !== undefined) new SharedSink(exchange, flight, asked);
    queueMicrotask(() => {
      if (!exchange.gone) how.goOn(exchange);
    });
  }

  private stop(): void {
    this.cancelTimer();
    this.exchange.underway = undefined;
  }
}
