import { connect, type Socket } from 'node:net';
import type { Clock } from '@gatehouse/resilience';
import { type AnswerListener, AnswerParser } from './answer-parser.ts';
import { BodySender, type SendingListener } from './body-sender.ts';
import type { Call } from './call.ts';
import { ConnectionError } from './connection-error.ts';

type ConnectionOptions = Readonly<{
  host: string;
  port: number;
  connectTimeoutMs: number;
  clock: Pick<Clock, 'monotonic' | 'schedule'>;
}>;

/** Told by each connection when it can be used again, and once when it is gone. */
export type ConnectionOwner = {
  onFree(connection: Connection, idleMs: number): void;
  onGone(connection: Connection): void;
};

/**
 * What the machine reads into, one for all connections: each read is told of at once, and the parser keeps nothing but copies. With
 * one for each the bytes of every answer would come to lie where the processor has nothing of in its caches.
 */
const readBuffer = Buffer.allocUnsafeSlow(65_536);
const keepAliveProbeMs = 60_000;

/**
 * One connection to a service and the one request that is on it.
 *
 * - `opening`: with the request that it is opened for.
 * - `free`: nothing is on it. Bytes that come now, or its end, are the end of it.
 * - `taken`: a request is on it, from its first byte to the last of the answer.
 * - `gone`: closed, or about to be.
 *
 * It is used again only after an answer that was whole, followed by nothing, to a request that was sent whole. Nothing is
 * ever written a second time: whether to try again is for others to decide.
 */
export class Connection implements AnswerListener, SendingListener {
  state: 'opening' | 'free' | 'taken' | 'gone' = 'opening';
  /** Monotonic: when a free one is too old to be used. */
  freeUntilMs = 0;
  private call: Call | undefined;
  private sender: BodySender | undefined = undefined;
  private isPaused = false;
  private cancelTimer: () => void;
  private readonly parser: AnswerParser;
  private readonly socket: Socket;
  private readonly owner: ConnectionOwner;

  constructor(
    { host, port, connectTimeoutMs, clock }: ConnectionOptions,
    call: Call,
    owner: ConnectionOwner,
  ) {
    this.call = call;
    this.owner = owner;
    this.parser = new AnswerParser(this);
    this.socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveProbeMs,
      // The bytes come straight here, without a stream in between.
      onread: {
        buffer: readBuffer,
        callback: (length, bytes) => {
          this.onBytes(bytes as Buffer, length);
          return true;
        },
      },
    });
    this.socket
      .on('connect', () => this.onConnected())
      .on('error', (error) => this.close(error))
      .on('end', () => this.onEnded())
      .on('close', () => this.close(undefined));
    this.cancelTimer = clock.schedule(connectTimeoutMs, () => this.close(timedOut()));
  }

  /** To be called on a free one alone; with the request that it was opened for it does so itself. */
  send(call: Call): void {
    this.state = 'taken';
    this.call = call;
    call.connection = this;
    this.parser.begin(call.method);
    try {
      call.handler.onRequestStart(call);
      // It may have been given up in that very moment.
      if (this.call === call) this.write(call);
    } catch (error) {
      this.close(error as Error);
    }
  }

  abort(): void {
    this.take();
    this.close(undefined);
  }

  pause(): void {
    if (this.state !== 'taken') return;
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
  }

  /** Whoever is on it hears of `error`; without one, that the connection ended. Harmless when it is gone. */
  close(error: Error | undefined): void {
    if (this.state === 'gone') return;
    const before = this.state;
    this.state = 'gone';
    this.cancelTimer();
    this.parser.stop();
    const call = this.take();
    this.socket.destroy();
    this.owner.onGone(this);
    call?.handler.onResponseError(before === 'opening' ? null : call, error ?? ended());
  }

  onHead(status: number, headers: string[]): void {
    const { call } = this;
    call?.handler.onResponseStart(call, status, headers);
  }

  onData(chunk: Buffer): void {
    const { call } = this;
    call?.handler.onResponseData(call, chunk);
  }

  onEnd(idleMs: number): void {
    const { socket } = this;
    const isSent = this.sender === undefined && socket.writableLength === 0;
    // Before the listener hears of the end: it may want to read the rest of the body away.
    const call = this.take();
    this.resume();
    if (idleMs > 0 && isSent && this.state === 'taken') {
      this.state = 'free';
      this.owner.onFree(this, idleMs);
    } else this.close(undefined);
    try {
      call?.handler.onResponseEnd(call);
    } catch (error) {
      call?.handler.onResponseError(call, error as Error);
    }
  }

  onBodySent(): void {
    this.sender = undefined;
    this.call?.handler.onRequestSent();
  }

  onBodyFailed(error: Error): void {
    this.sender = undefined;
    this.close(error);
  }

  private write(call: Call): void {
    const { socket } = this;
    const { body, head, handler } = call;
    if (body === null) socket.write(head.text, 'latin1');
    else if (Buffer.isBuffer(body)) socket.write(head.text + body.toString('latin1'), 'latin1');
    else {
      this.sender = new BodySender(body, head, socket, this);
      this.sender.start();
      return;
    }
    handler.onRequestSent();
  }

  /** Takes the request off: it is over, and so is the sending of its body. */
  private take(): Call | undefined {
    const { call, sender } = this;
    this.call = undefined;
    this.sender = undefined;
    if (call !== undefined) call.connection = undefined;
    sender?.stop();
    return call;
  }

  private onConnected(): void {
    const { call } = this;
    if (this.state !== 'opening' || call === undefined) return;
    this.cancelTimer();
    this.send(call);
  }

  private onBytes(bytes: Buffer, length: number): void {
    if (this.state !== 'taken') {
      this.close(undefined);
      return;
    }
    try {
      this.parser.read(bytes, length);
    } catch (error) {
      this.close(error as Error);
    }
  }

  private onEnded(): void {
    if (this.state !== 'taken') {
      this.close(undefined);
      return;
    }
    try {
      this.parser.finish();
    } catch (error) {
      this.close(error as Error);
    }
  }
}

const ended = (): ConnectionError =>
  new ConnectionError('UPSTREAM_ENDED', 'The connection ended before the answer.');

const timedOut = (): ConnectionError =>
  new ConnectionError('UPSTREAM_CONNECT_TIMEOUT', 'No connection came about in time.');
