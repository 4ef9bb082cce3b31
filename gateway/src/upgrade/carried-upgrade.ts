import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Admission, Clock, TryEnd } from '@gatehouse/resilience';
import type { Exchange, Underway } from '../exchange.ts';
import type { Failure } from '../upstream/failure.ts';
import { toAnswerHeaders } from '../upstream/relay-answer.ts';
import type { UpstreamInstance } from '../upstream/upstream-instance.ts';
import { ClientSide } from './client-side.ts';
import { acceptOf } from './handshake.ts';
import { type JoinedConnections, joinConnections } from './joined-connections.ts';
import { doorEndOf, failureOf, judgeAnswer, judgeSilence } from './judge-handshake.ts';
import { isAgreement, toAgreedHeaders, toFlatHeaders, toHandshakeHeaders } from './service-handshake.ts';
import type { UpgradeResponse } from './upgrade-response.ts';
import type { HandshakeEvents, WebSocketProxy } from './websocket-proxy.ts';

export type CarriedUpgradeOptions = Readonly<{
  tryTimeoutMs: number;
  clock: Clock;
  proxy: WebSocketProxy;
  /** The service has agreed. */
  onOpen: (exchange: Exchange, connections: JoinedConnections) => void;
}>;

/** Within the 2 s of one try, so that a dead machine leaves time for another instance. */
const connectTimeoutMs = 1000;
/** Another instance may do better. */
const mayBeBetter: ReadonlySet<number | undefined> = new Set([502, 503, 504]);

/**
 * One try at a handshake: what ends it, and what the client is told.
 *
 * - `dialling`: until the connection to the instance stands. A failure leaves any other instance to try.
 * - `asked`: until the answer. The try may fail still, and the client has nothing yet.
 * - `relaying`: the service answered in HTTP (401, 404, 503 …): the client gets that answer.
 * - `ended`: the service agreed and the connections are joined, or the try came to nothing.
 */
export class CarriedUpgrade implements HandshakeEvents, Underway {
  #phase: 'dialling' | 'asked' | 'relaying' | 'ended' = 'dialling';
  #request: ClientRequest | undefined;
  #cancelTimer: () => void = () => {};
  #door: Admission | undefined;
  readonly #side = new ClientSide();
  readonly #exchange: Exchange;
  readonly #response: UpgradeResponse;
  readonly #options: CarriedUpgradeOptions;
  readonly #startedAtMs: number;

  constructor(exchange: Exchange, options: CarriedUpgradeOptions) {
    this.#exchange = exchange;
    this.#response = exchange.response as UpgradeResponse;
    this.#options = options;
    this.#startedAtMs = options.clock.monotonic();
    this.#door = exchange.door;
    this.#door?.begin(this.#startedAtMs);
  }

  start(): void {
    const { path, servicePath = path, query, instance, request } = this.#exchange;
    this.#exchange.underway = this;
    this.#startTimer(Math.min(connectTimeoutMs, this.#options.tryTimeoutMs));
    this.#options.proxy(
      {
        target: targetOf(instance as UpstreamInstance),
        path: servicePath + query,
        headers: toHandshakeHeaders(this.#exchange),
      },
      { socket: request.socket, side: this.#side, first: this.#response.first },
      this,
    );
  }

  onRequest(request: ClientRequest): void {
    this.#request = request;
    if (this.#phase === 'ended') {
      request.destroy();
      return;
    }
    request.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => this.#ask());
      else this.#ask();
    });
    request.once('response', (answer) => this.#onAnswer(answer));
    request.once('upgrade', (answer, socket) => this.#onAgreed(answer, socket));
  }

  onError(error: Error): void {
    switch (this.#phase) {
      case 'dialling':
        this.#fail({ kind: 'connect', cause: error });
        break;
      case 'asked':
        this.#fail({ kind: 'reset', cause: error });
        break;
      case 'relaying':
        this.#breakOff('bad_gateway');
        break;
      case 'ended':
        break;
    }
  }

  #ask(): void {
    if (this.#phase !== 'dialling') return;
    this.#phase = 'asked';
    this.#startTimer(this.#options.tryTimeoutMs);
  }

  #onAgreed(answer: IncomingMessage, upstream: Socket): void {
    const exchange = this.#exchange;
    if (this.#phase === 'ended') {
      upstream.destroy();
      return;
    }
    if (!isAgreement(answer, acceptOf(String(exchange.request.headers['sec-websocket-key'])))) {
      upstream.destroy();
      this.#fail({ kind: 'reset', cause: new Error('The service agreed to something else.') });
      return;
    }
    judgeAnswer(exchange, undefined);
    this.#leaveDoor('answered');
    // What the proxy writes to the client next.
    answer.headers = toAgreedHeaders(exchange, answer);
    this.#end(undefined);
    const socket = this.#response.takeSocket();
    this.#options.onOpen(exchange, joinConnections(socket, this.#side, upstream));
  }

  #onAnswer(answer: IncomingMessage): void {
    if (this.#phase === 'ended') {
      answer.destroy();
      return;
    }
    // Destroyed, the proxy lets the answer be, instead of writing it to the client as it came.
    this.#side.destroy();
    if (this.#isBetterElsewhere(answer)) return;
    this.#phase = 'relaying';
    this.#startTimer(this.#leftMs());
    const { response } = this.#exchange;
    response.writeHead(
      answer.statusCode ?? 502,
      toAnswerHeaders(this.#exchange, toFlatHeaders(answer.headers)),
    );
    answer.once('error', (error) => this.onError(error));
    answer.once('end', () => this.#end(undefined));
    answer.pipe(response);
  }

  /** Tells how the try went, and asks whether there is to be another one. */
  #isBetterElsewhere(answer: IncomingMessage): boolean {
    const failure = failureOf(answer);
    judgeAnswer(this.#exchange, failure);
    this.#leaveDoor(doorEndOf(failure));
    if (failure === undefined || !mayBeBetter.has(failure.status) || !this.#willRetry(failure)) return false;
    this.#end(failure);
    this.#request?.destroy();
    return true;
  }

  /** Ends the try while the client has nothing. */
  #fail(failure: Failure): void {
    this.#willRetry(failure);
    judgeSilence(this.#exchange, failure);
    this.#leaveDoor(doorEndOf(failure));
    this.#end(failure);
    this.#drop();
  }

  #leaveDoor(end: TryEnd): void {
    this.#door?.end(end, this.#startedAtMs, this.#options.clock.monotonic());
    this.#door = undefined;
  }

  #willRetry(failure: Failure): boolean {
    this.#exchange.willRetry = this.#exchange.mayRetry(this.#exchange, failure);
    return this.#exchange.willRetry;
  }

  /** The answer is piped, which keeps its own pace. */
  resume(): void {}

  /** The client is gone: nobody is left to answer. */
  abandon(): void {
    if (this.#phase === 'ended') return;
    if (this.#phase !== 'relaying') {
      this.#exchange.permit?.release();
      this.#exchange.instance?.outcome('released');
    }
    this.#end(undefined);
    this.#drop();
  }

  #breakOff(code: 'bad_gateway' | 'gateway_timeout'): void {
    this.#exchange.errorCode = code;
    this.#end(undefined);
    this.#exchange.response.destroy();
    this.#drop();
  }

  #drop(): void {
    this.#side.destroy();
    this.#request?.destroy();
  }

  #startTimer(limitMs: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.schedule(Math.min(limitMs, this.#leftMs()), () => this.#onTime());
  }

  #leftMs(): number {
    return Math.max(0, this.#exchange.endsAtMs - this.#options.clock.monotonic());
  }

  #onTime(): void {
    switch (this.#phase) {
      case 'dialling':
        this.#fail({ kind: 'connect' });
        break;
      case 'asked':
        this.#fail({ kind: this.#leftMs() > 1 ? 'slow' : 'late' });
        break;
      case 'relaying':
        this.#breakOff('gateway_timeout');
        break;
      case 'ended':
        break;
    }
  }

  #end(failure: Failure | undefined): void {
    this.#phase = 'ended';
    this.#leaveDoor('unknown');
    this.#cancelTimer();
    this.#exchange.underway = undefined;
    this.#exchange.upstreamMs += this.#options.clock.monotonic() - this.#startedAtMs;
    this.#exchange.onTried(this.#exchange, failure, undefined);
  }
}

const targetOf = ({ instance }: UpstreamInstance): string => {
  const { address, port } = instance;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
};
