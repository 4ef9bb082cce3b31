import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The answer to a request that Node took out of HTTP because of its wish for a WebSocket. To the pipeline it is an answer
 * like any other: what refuses the wish writes its problem here, and the connection ends with it, since nobody
 * reads HTTP from it any more. What grants it takes the socket over.
 */
export class UpgradeResponse extends ServerResponse {
  /** What the client sent behind its handshake already. */
  readonly first: Buffer;
  readonly #socket: Socket;

  constructor(request: IncomingMessage, socket: Socket, first: Buffer) {
    super(request);
    this.first = first;
    this.#socket = socket;
    this.shouldKeepAlive = false;
    this.assignSocket(socket);
    socket.on('readable', this.#look);
    this.once('finish', () => {
      this.detachSocket(socket);
      socket.off('readable', this.#look);
      // Unread bytes would reset the connection, and with it the answer.
      socket.resume();
      socket.destroySoon();
      this.#close();
    });
  }

  /** The answer is over with `101`; what happens on the socket from here on is no HTTP. */
  takeSocket(): Socket {
    this.statusCode = 101;
    this.detachSocket(this.#socket);
    this.#socket.off('readable', this.#look);
    // To whoever asks, the answer was given to the end: it is the proxy that writes the 101.
    Object.defineProperty(this, 'writableFinished', { value: true });
    this.#close();
    return this.#socket;
  }

  /** Nobody reads the socket meanwhile, so nobody would see its end: a client that has hung up is gone. */
  readonly #look = (): void => {
    if (this.#socket.readableLength === 0) this.#socket.once('end', () => this.#socket.destroy()).read();
  };

  /** For what must not outlive the connection, however it goes on. */
  onConnectionClosed(listener: () => void): void {
    this.#socket.once('close', listener);
  }

  #close(): void {
    process.nextTick(() => {
      this.destroyed = true;
      this.emit('close');
    });
  }
}
