import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { gatewayError } from '../gateway-error.ts';

/**
 * The body of a request on its way to a service: none, in memory (small ones: may be sent any number of times), or a
 * stream (sent once).
 */
export type RequestBody =
  | Readonly<{ kind: 'none' }>
  | Readonly<{ kind: 'memory'; bytes: Buffer }>
  | Readonly<{ kind: 'stream'; stream: Readable; wasRead(): boolean }>;

export const noBody: RequestBody = { kind: 'none' };

/** Bodies up to here are read whole before they are sent on. */
export const memoryLimitBytes = 65_536;

/**
 * What chunks may take beside their data: enough for one of a byte each, not for extensions that never end. Node bounds
 * those of one chunk alone.
 */
const overheadBytes = 131_072;
const overheadFactor = 16;

/** Tells whether a chunked body costs more to read than it is worth; for a body of a given length never. */
const watchOverhead = (request: IncomingMessage): ((bytes: number) => boolean) => {
  if (request.headers['transfer-encoding'] === undefined) return never;
  const { socket } = request;
  const before = socket.bytesRead;
  return (bytes) => socket.bytesRead - before > overheadBytes + bytes * overheadFactor;
};

const never = (): boolean => false;

/**
 * Reads a body whose length is not known to be larger than `memoryLimitBytes`: gives it in memory or, if it turns out
 * longer, as a stream of what was read and what follows. Rejects with `payload_too_large`; never settles when
 * the client hangs up, since nobody is left to be answered.
 */
export const readBody = (request: IncomingMessage, limitBytes: number): Promise<RequestBody> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const costsTooMuch = watchOverhead(request);
    let bytes = 0;

    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > limitBytes || costsTooMuch(bytes)) leave(() => reject(gatewayError('payload_too_large')));
      else if (bytes > memoryLimitBytes) leave(() => resolve(streamBody(request, limitBytes, chunks)));
    };
    const onEnd = (): void =>
      leave(() =>
        resolve({
          kind: 'memory',
          bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
        }),
      );
    const leave = (then: () => void): void => {
      request.off('data', onData).off('end', onEnd);
      request.pause();
      then();
    };
    request.on('data', onData).on('end', onEnd);
  });

/**
 * A body that is passed on as it arrives, in step with the one who reads it. Ends with `payload_too_large` once more
 * than `limitBytes` came. Destroying it leaves the request itself alone, so that the client can still be answered.
 */
export const streamBody = (
  request: IncomingMessage,
  limitBytes: number,
  alreadyRead: readonly Buffer[] = [],
): RequestBody => {
  const costsTooMuch = watchOverhead(request);
  let bytes = 0;
  let begun = false;

  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > limitBytes || costsTooMuch(bytes)) stream.destroy(gatewayError('payload_too_large'));
    else if (!stream.push(chunk)) request.pause();
  };
  const onEnd = (): void => {
    stream.push(null);
  };
  const stream = new Readable({
    read() {
      if (begun) {
        request.resume();
        return;
      }
      begun = true;
      for (const chunk of alreadyRead) {
        bytes += chunk.length;
        stream.push(chunk);
      }
      request.on('data', onData).on('end', onEnd);
      request.resume();
    },
    destroy(error, done) {
      request.off('data', onData).off('end', onEnd);
      request.pause();
      done(error);
    },
  });
  return { kind: 'stream', stream, wasRead: () => begun };
};
