import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '@gatehouse/auth';
import type { Admission, Clock, Permit } from '@gatehouse/resilience';
import type { TraceSpan } from '@gatehouse/service-kit';
import type { AnswerSink } from './answer-sink.ts';
import type { ClientAddress } from './message/client-address.ts';
import { type Message, unreadMessage } from './message/read-message.ts';
import { noBody, type RequestBody } from './message/request-body.ts';
import type { Route } from './routing/route.ts';
import type { Failure } from './upstream/failure.ts';
import type { UpstreamInstance } from './upstream/upstream-instance.ts';

/** What goes on for a request after its handler has returned. */
export type Underway = Readonly<{
  /** The client is gone: nothing more is to be done. */
  abandon(): void;
  /** The client takes more of the answer again. */
  resume(): void;
}>;

/** Ends a request with what was thrown, wherever it is: see `problems`. */
export type Refuse = (exchange: Exchange, thrown: unknown) => void;

/**
 * One request and its answer on their way through the pipeline. Made once for each request with every field present, so
 * that all of them have one shape; each policy fills in what is its own and reads what stands before it.
 */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly client: ClientAddress;
  readonly clock: Clock;
  /** Monotonic milliseconds. */
  readonly startedAtMs: number;
  readonly method: string;
  /** An `Expect: 100-continue` that was not answered yet. */
  expectsContinue: boolean;

  // trace
  requestId: string;
  /** For the service: of its try, where the trace is sampled. */
  traceparent: string;
  /** Of a sampled request, where there is a collector. */
  span: TraceSpan | undefined;

  // normalise
  message: Message;
  /** The one normal form that is routed and passed on; `query` begins with `?` or is empty. */
  path: string;
  query: string;

  // route
  route: Route | undefined;
  /** What the service is asked for instead of `path`, where the route rewrites. */
  servicePath: string | undefined;

  // address limit
  /** It was not counted by its address yet. */
  owesAddress: boolean;

  // authenticate
  principal: Principal | undefined;

  // body
  body: RequestBody;

  // deadline
  /** Milliseconds since the epoch: passed on to services. */
  deadlineAtMs: number;
  /** The same moment on the monotonic clock: what is compared with. */
  endsAtMs: number;

  // admission
  /** Told of each try, where the service's load is to be found out. */
  door: Admission | undefined;

  // retry, pick, breaker
  attempts: number;
  /** Told by a try that it is over: with its failure, or with what was decided here and is never tried again. */
  onTried: OnTried;
  /** Ids of the instances that failed this request. */
  tried: string[] | undefined;
  /** Asked by a try as soon as it fails, once: whether there will be another. */
  mayRetry: (exchange: Exchange, failure: Failure) => boolean;
  /** What it was told. */
  willRetry: boolean;
  instance: UpstreamInstance | undefined;
  permit: Permit | undefined;
  /** Everything but the client's own headers, built once for all attempts. */
  outgoingHeaders: string[] | undefined;

  // answer
  /** Flat list of names and values that every answer to this request carries, whoever gives it. */
  readonly answerHeaders: string[];
  errorCode: string | undefined;
  /** Who answered instead of the route's service; `stale`: the cache, since the service failed. */
  answeredBy: 'cache' | 'stale' | 'flight' | 'fallback' | undefined;
  /** Bytes of the answer's body that were written to the client. */
  sentBytes: number;
  /** Milliseconds that services took, all attempts together. */
  upstreamMs: number;
  /** The client hung up, or the answer has ended: nothing more can be said. */
  gone: boolean;
  /**
   * What must stop when the client is gone. An object, not a closure: with one closure for each request here, V8 carried
   * 7 KB of every finished request over two young collections (`docs/reference/performance.md`).
   */
  underway: Underway | undefined;
  /** What a service's answer passes before the client; undefined: nothing. */
  sink: AnswerSink | undefined;
  refuse: Refuse;
};

export type OnTried = (exchange: Exchange, failure: Failure | undefined, refusal: unknown) => void;

export type ExchangeStart = Readonly<{
  client: ClientAddress;
  clock: Clock;
  expectsContinue: boolean;
  refuse: Refuse;
}>;

export const createExchange = (
  request: IncomingMessage,
  response: ServerResponse,
  { client, clock, expectsContinue, refuse }: ExchangeStart,
): Exchange => ({
  request,
  response,
  client,
  clock,
  startedAtMs: clock.monotonic(),
  method: request.method ?? '',
  expectsContinue,
  requestId: '',
  traceparent: '',
  span: undefined,
  message: unreadMessage,
  path: '',
  query: '',
  route: undefined,
  servicePath: undefined,
  owesAddress: false,
  principal: undefined,
  body: noBody,
  deadlineAtMs: 0,
  endsAtMs: 0,
  door: undefined,
  attempts: 0,
  onTried: ignore,
  tried: undefined,
  mayRetry: never,
  willRetry: false,
  instance: undefined,
  permit: undefined,
  outgoingHeaders: undefined,
  answerHeaders: [],
  errorCode: undefined,
  answeredBy: undefined,
  sentBytes: 0,
  upstreamMs: 0,
  gone: false,
  underway: undefined,
  sink: undefined,
  refuse,
});

const ignore = (): void => {};

const never = (): boolean => false;
