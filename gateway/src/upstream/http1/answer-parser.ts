import { AnswerError } from './answer-error.ts';
import { AnswerHead } from './answer-head.ts';
import { ChunkedBody } from './chunked-body.ts';
import { isPersistent, toIdleMs } from './keep-alive.ts';

/** Told what is read, in this order: `onHead` once, `onData` any number of times, `onEnd` once. */
export type AnswerListener = {
  /** The list is the listener's. */
  onHead(status: number, headers: string[]): void;
  /** The bytes are the listener's. */
  onData(chunk: Buffer): void;
  /** `idleMs`: how long the connection may idle and be used again; 0: never, infinite: the service does not say. */
  onEnd(idleMs: number): void;
};

const mostHeadBytes = 32_768;
/** Of all interim answers before one real answer. */
const mostInterimBytes = 262_144;

const headEnd = Buffer.from('\r\n\r\n', 'latin1');
const beginning = 'HTTP/1.';
const unsoundPart = /[^\t\r\n\x20-\x7e\x80-\xff]|\r[^\n]|(?<!\r)\n/;

/**
 * - `idle`: nothing was asked; whatever comes is a mistake.
 * - `head`: until the empty line after the headers of an answer that is not interim.
 * - `length`, `chunks`, `rest`: in the body, which ends after so many bytes, with the last chunk, or with the connection.
 */
type Phase = 'idle' | 'head' | 'length' | 'chunks' | 'rest';

/**
 * Reads the answers on one connection, in pieces of any size (RFC 9112 §4 to §8). Interim answers are read over. It is as
 * strict as can be, since what one reader takes for a body the next one may take for an answer: whatever is wrong, or could
 * be read in two ways, is an `AnswerError`, after which the connection is of no use.
 */
export class AnswerParser {
  private phase: Phase = 'idle';
  private isForHead = false;
  /** The head so far, where it did not come in one piece. */
  private text = '';
  private interimBytes = 0;
  private leftBytes = 0;
  private idleMs = 0;
  private readonly head = new AnswerHead();
  private readonly chunks = new ChunkedBody();
  private readonly listener: AnswerListener;

  constructor(listener: AnswerListener) {
    this.listener = listener;
  }

  /** A request goes out, and its answer is what comes next. */
  begin(method: string): void {
    this.phase = 'head';
    this.isForHead = method === 'HEAD';
    this.text = '';
    this.interimBytes = 0;
    this.idleMs = Number.POSITIVE_INFINITY;
  }

  /** Nobody listens any more, not even to the rest of what is being read. */
  stop(): void {
    this.phase = 'idle';
  }

  /**
   * Reads the first `length` bytes; the buffer may be used again afterwards, and is written to.
   *
   * @throws AnswerError
   */
  read(bytes: Buffer, length: number): void {
    let at = 0;
    while (at < length) {
      switch (this.phase) {
        case 'head':
          at = this.readHead(bytes, at, length);
          break;
        case 'length':
          at = this.readLength(bytes, at, length);
          break;
        case 'chunks':
          at = this.readChunks(bytes, at, length);
          break;
        case 'rest':
          this.listener.onData(Buffer.from(bytes.subarray(at, length)));
          return;
        case 'idle':
          return;
      }
    }
  }

  /**
   * The service ended the connection.
   *
   * @throws AnswerError unless that is the end of the answer.
   */
  finish(): void {
    if (this.phase !== 'rest') throw new AnswerError('The service ended the connection within its answer.');
    this.end(0);
  }

  private readHead(bytes: Buffer, from: number, to: number): number {
    if (this.text === '') {
      const end = bytes.indexOf(headEnd, from);
      if (end !== -1 && end + 4 <= to) {
        if (end - from > mostHeadBytes) throw new AnswerError('The head is too long.');
        this.takeHead(bytes.toString('latin1', from, end + 2), to - end - 4);
        return end + 4;
      }
    }
    return this.readPartOfHead(bytes, from, to);
  }

  private readPartOfHead(bytes: Buffer, from: number, to: number): number {
    const before = this.text.length;
    const text = this.text + bytes.toString('latin1', from, Math.min(to, from + mostHeadBytes + 4));
    const end = text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (end > mostHeadBytes || (end === -1 && text.length > mostHeadBytes))
      throw new AnswerError('The head is too long.');
    if (end === -1) {
      // Somebody who speaks no HTTP may never send an empty line.
      const unread = text.charCodeAt(before - 1) === 13 ? before - 1 : before;
      if (!text.startsWith(beginning.slice(0, text.length)) || unsoundPart.test(text.slice(unread)))
        throw new AnswerError('There is no status line, or a control character in the head.');
      this.text = text;
      return to;
    }
    const next = from + end + 4 - before;
    this.text = '';
    this.takeHead(text.slice(0, end + 2), to - next);
    return next;
  }

  /** `follow`: how many bytes of this read come after the head. */
  private takeHead(text: string, follow: number): void {
    const { head } = this;
    head.read(text);
    const { status, contentLength, chunked } = head;
    if (status < 200) {
      this.skipInterim(text.length);
      return;
    }
    if (!isPersistent(head.minorVersion, head.connection)) this.idleMs = 0;
    else if (head.keepAlive !== undefined)
      this.idleMs = Math.min(this.idleMs, Math.max(0, toIdleMs(head.keepAlive)));
    const isEmpty = this.isForHead || status === 204 || status === 304;
    // It has no body, whatever it says; but a service that says so, or that was asked for none, may send one all the same.
    if (isEmpty && (this.isForHead || contentLength > 0 || chunked)) this.idleMs = 0;
    this.leftBytes = isEmpty || chunked ? 0 : contentLength;
    if (!isEmpty && chunked) {
      this.phase = 'chunks';
      this.chunks.begin();
    } else this.phase = !isEmpty && contentLength === -1 ? 'rest' : 'length';
    this.listener.onHead(status, head.headers);
    if ((isEmpty || contentLength === 0) && this.phase === 'length') this.end(follow);
  }

  private skipInterim(bytes: number): void {
    const { status, minorVersion, contentLength, chunked } = this.head;
    // HTTP/1.0 knows none (RFC 9110 §15.2).
    if (minorVersion === 0) throw new AnswerError('There is an interim answer in HTTP/1.0.');
    if (status === 101) throw new AnswerError('The service changes the protocol without being asked to.');
    // It has no body, whatever it says.
    if (contentLength > 0 || chunked) this.idleMs = 0;
    this.interimBytes += bytes;
    if (this.interimBytes > mostInterimBytes) throw new AnswerError('There are too many interim answers.');
  }

  private readLength(bytes: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + this.leftBytes);
    this.leftBytes -= end - from;
    this.listener.onData(Buffer.from(bytes.subarray(from, end)));
    if (this.leftBytes === 0 && this.phase === 'length') this.end(to - end);
    return end;
  }

  private readChunks(bytes: Buffer, from: number, to: number): number {
    const { chunks } = this;
    const end = chunks.read(bytes, from, to);
    if (chunks.dataEnd > from) this.listener.onData(Buffer.from(bytes.subarray(from, chunks.dataEnd)));
    if (chunks.isDone && this.phase === 'chunks') this.end(to - end);
    return end;
  }

  /** `follow`: bytes after the end, which nobody asked for. */
  private end(follow: number): void {
    this.idleMs = follow > 0 || this.phase === 'rest' ? 0 : this.idleMs;
    this.phase = 'idle';
    this.listener.onEnd(this.idleMs);
  }
}
