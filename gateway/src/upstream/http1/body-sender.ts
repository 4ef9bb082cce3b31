import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { isReleasable, releaseWritten } from '../../message/release-bytes.ts';
import { ConnectionError } from './connection-error.ts';
import type { RequestHead } from './request-head.ts';

/** Told once how the sending ended, unless it was stopped. */
export type SendingListener = { onBodySent(): void; onBodyFailed(error: Error): void };

/**
 * Sends a body as it comes, in step with the connection: exactly the bytes that were announced, or in chunks. The head goes
 * out with the first of them, so that a body that is refused before has cost the service nothing. The pieces are its own: the
 * memory of those that are written is given back.
 */
export class BodySender {
  private leftBytes: number;
  private headText: string;
  private readonly isChunked: boolean;
  private readonly body: Readable;
  private readonly socket: Socket;
  private readonly listener: SendingListener;

  constructor(body: Readable, head: RequestHead, socket: Socket, listener: SendingListener) {
    this.body = body;
    this.headText = head.text;
    this.isChunked = head.bodyBytes === -1;
    this.leftBytes = head.bodyBytes;
    this.socket = socket;
    this.listener = listener;
  }

  start(): void {
    const { body, socket } = this;
    if (body.destroyed || body.readableEnded) {
      this.listener.onBodyFailed(body.errored ?? unsound('was given up'));
      return;
    }
    socket.on('drain', this.onDrain);
    body.on('data', this.onData).on('end', this.onEnd).on('error', this.onError).on('close', this.onClose);
  }

  /** Whatever is left of the body is not sent, and nobody hears of it any more. */
  stop(): void {
    const { body } = this;
    this.leave();
    body.on('error', ignore).destroy();
  }

  private leave(): void {
    this.socket.off('drain', this.onDrain);
    this.body
      .off('data', this.onData)
      .off('end', this.onEnd)
      .off('error', this.onError)
      .off('close', this.onClose);
  }

  private fail(error: Error): void {
    this.stop();
    this.listener.onBodyFailed(error);
  }

  private readonly onDrain = (): void => {
    this.body.resume();
  };

  private readonly onData = (chunk: Buffer): void => {
    const { socket, isChunked } = this;
    if (chunk.length === 0) return; // In chunks it would be the end.
    if (!isChunked && chunk.length > this.leftBytes) {
      this.fail(unsound('is longer than announced'));
      return;
    }
    this.leftBytes -= chunk.length;
    socket.cork();
    const before = this.takeHead() + (isChunked ? `${chunk.length.toString(16)}\r\n` : '');
    if (before !== '') socket.write(before, 'latin1');
    const mayGoOn = isReleasable(chunk) ? socket.write(chunk, releaseWritten(chunk)) : socket.write(chunk);
    if (isChunked) socket.write('\r\n', 'latin1');
    socket.uncork();
    if (!mayGoOn && socket.writableNeedDrain) this.body.pause();
  };

  private readonly onEnd = (): void => {
    if (!this.isChunked && this.leftBytes > 0) {
      this.fail(unsound('is shorter than announced'));
      return;
    }
    const rest = this.takeHead() + (this.isChunked ? '0\r\n\r\n' : '');
    if (rest !== '') this.socket.write(rest, 'latin1');
    this.leave();
    this.listener.onBodySent();
  };

  private readonly onError = (error: Error): void => this.fail(error);

  private readonly onClose = (): void => this.fail(unsound('was given up'));

  private takeHead(): string {
    const text = this.headText;
    this.headText = '';
    return text;
  }
}

const unsound = (what: string): ConnectionError =>
  new ConnectionError('UPSTREAM_BODY', `The body of the request ${what}.`);

const ignore = (): void => {};
