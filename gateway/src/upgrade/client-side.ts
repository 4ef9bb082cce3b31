import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * The client's connection as the proxy sees it. Until the service has agreed, whatever the proxy does to it (it ends
 * the socket when a try fails) must not reach the client, who is still to get another try, or an answer in HTTP. So the proxy
 * holds this, and it is joined to the socket only when there is a `101` to say.
 *
 * - apart: nothing is read, nothing may be written; ending or destroying it does not touch the client.
 * - joined: bytes pass both ways in step with the slower side; an end of one direction passes as such; if one of the
 *   two is destroyed, so is the other.
 */
export class ClientSide extends Duplex {
  #socket: Socket | undefined;
  #bytesIn = 0;
  #bytesOut = 0;

  constructor() {
    super({ allowHalfOpen: true });
    // Whoever destroys it with an error has been told of that error already.
    this.on('error', () => {});
  }

  /** Bytes from the client and to it. */
  get passed(): Readonly<{ in: number; out: number }> {
    return { in: this.#bytesIn, out: this.#bytesOut };
  }

  join(socket: Socket): void {
    this.#socket = socket;
    socket.setTimeout(0);
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    socket.on('data', (chunk: Buffer) => {
      this.#bytesIn += chunk.length;
      if (!this.push(chunk)) socket.pause();
    });
    socket.once('end', () => this.push(null));
    socket.once('close', () => this.destroy());
    if (socket.destroyed) this.destroy();
  }

  override _read(): void {
    this.#socket?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#bytesOut += chunk.length;
    if (this.#socket === undefined) done(new Error('Nothing is said to a client before the service agreed.'));
    else this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#socket === undefined || this.#socket.destroyed) done();
    else this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket?.destroy();
    done(error);
  }

  // What the proxy sets on a socket: done when it is joined.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
}
