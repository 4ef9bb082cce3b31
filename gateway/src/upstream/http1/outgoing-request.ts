import type { Readable } from 'node:stream';

/** A request as it is to be sent. */
export type OutgoingRequest = Readonly<{
  method: string;
  /** In origin form, with its query. */
  path: string;
  /**
   * Flat: names in lower case, and values. Without those that the connection says itself: `host`, `connection`,
   * `transfer-encoding` and the like. `content-length` is read for a stream; without it a stream goes out in chunks.
   */
  headers: readonly string[];
  body: Buffer | Readable | null;
}>;

/** The way back from an answer to its connection, for as long as the answer is not over; after that it does nothing. */
export type RequestControl = Readonly<{
  /** Gives the request up: the connection is broken off, and the listener hears nothing more. */
  abort(): void;
  /** No more data until `resume`, but for what was read already (65 536 bytes). */
  pause(): void;
  resume(): void;
}>;

/**
 * Told how a request goes. Either `onResponseError` alone, without a byte having been sent, or `onRequestStart`, and after
 * it all the others up to `onResponseEnd` or `onResponseError`.
 */
export type AnswerHandler = {
  /** The connection stands; the request is about to be written. */
  onRequestStart(control: RequestControl): void;
  /** All of it was handed to the connection. An answer may come before. */
  onRequestSent(): void;
  /** `status` is 200 to 599; `headers` are flat, their names in lower case, and the handler's own. */
  onResponseStart(control: RequestControl, status: number, headers: string[]): void;
  onResponseData(control: RequestControl, chunk: Buffer): void;
  onResponseEnd(control: RequestControl): void;
  /** `control` is null where nothing was sent. */
  onResponseError(control: RequestControl | null, error: Error): void;
};
