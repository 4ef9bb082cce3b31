import type { AnswerSink } from '../answer-sink.ts';
import type { Exchange } from '../exchange.ts';
import type { CodingChoice } from './choose-coding.ts';
import { toCompressedHead } from './compressed-head.ts';
import { type Compressor, type Compressors, flushKind } from './compressors.ts';
import { restoreCoding } from './entity-tags.ts';

export type Compression = Readonly<{
  choice: CodingChoice;
  minBytes: number;
  /** The tags of `If-None-Match` as the client sent them, if one told a coding. */
  sentTags: string | undefined;
  compressors: Compressors;
}>;

/**
 * Packs a service's answer on its way to the client, if that is worth it. What is written comes out as it is packed,
 * in step with the client: a full compressor holds the service back, a slow client the compressor. An answer of
 * unknown length may be one that is said bit by bit, so each bit goes out at once.
 */
export class CompressingSink implements AnswerSink {
  #compressor: Compressor | undefined;
  #flushes: number | undefined;
  #isFlushing = false;
  readonly #exchange: Exchange;
  readonly #outer: AnswerSink;
  readonly #compression: Compression;

  constructor(exchange: Exchange, outer: AnswerSink, compression: Compression) {
    this.#exchange = exchange;
    this.#outer = outer;
    this.#compression = compression;
  }

  head(status: number, headers: string[]): void {
    this.#outer.head(status, this.#toHead(status, headers));
    // Of unknown length, so the first byte may be long in coming.
    if (!hasLength(headers)) this.#exchange.response.flushHeaders();
  }

  /** The head that the client gets; opens the compressor if there is something to pack. */
  #toHead(status: number, headers: string[]): string[] {
    const { choice, minBytes, sentTags, compressors } = this.#compression;
    const { coding, identityAllowed } = choice;
    if (status === 304) return sentTags === undefined ? headers : restoreCoding(headers, sentTags);
    if (coding === undefined) return headers;
    const compressed = toCompressedHead(status, headers, coding, { minBytes, identityAllowed });
    if (compressed === undefined) return headers;
    // The head of what a GET would get; there is nothing to pack.
    if (this.#exchange.method === 'HEAD') return compressed.headers;

    this.#compressor = compressors.open(coding, compressed.plainBytes);
    if (this.#compressor === undefined) return headers;
    if (compressed.plainBytes === undefined) this.#flushes = flushKind[coding];
    this.#join(this.#compressor);
    return compressed.headers;
  }

  data(chunk: Buffer, isGiven?: boolean): boolean {
    const compressor = this.#compressor;
    if (compressor === undefined) return this.#outer.data(chunk, isGiven);
    const hasRoom = compressor.write(chunk);
    if (this.#flushes !== undefined && !this.#isFlushing) {
      this.#isFlushing = true;
      compressor.flush(this.#flushes, () => {
        this.#isFlushing = false;
      });
    }
    return hasRoom;
  }

  end(): void {
    if (this.#compressor === undefined) this.#outer.end();
    else this.#compressor.end();
  }

  breakOff(): void {
    this.#compressor?.destroy();
    this.#outer.breakOff();
  }

  #join(compressor: Compressor): void {
    const { response } = this.#exchange;
    compressor.on('data', (packed: Buffer) => {
      if (this.#outer.data(packed)) return;
      compressor.pause();
      response.once('drain', () => compressor.resume());
    });
    compressor.on('drain', () => this.#exchange.underway?.resume());
    compressor.once('end', () => this.#outer.end());
    compressor.once('error', () => this.#outer.breakOff());
    // Its reader is gone, and nobody would free its memory.
    response.once('close', () => compressor.destroy());
  }
}

const hasLength = (headers: readonly string[]): boolean =>
  headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-length');
