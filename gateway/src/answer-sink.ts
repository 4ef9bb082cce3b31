import { endAfterRest, leavesRest } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { isReleasable, releaseWritten } from './message/release-bytes.ts';

/**
 * Takes a service's answer on its way to the client. A policy that watches or changes answers puts its own before what is
 * there: `exchange.sink = own(exchange.sink ?? toResponse(exchange))`. Without one the answer goes straight to the response.
 *
 * Called in this order: `head` once, `data` any number of times, then `end` or `breakOff`. Each try that fails before the
 * client has a byte leaves it alone.
 */
export type AnswerSink = Readonly<{
  /** `headers`: a flat list of names and values, as the client is to get them; the sink's to change. */
  head(status: number, headers: string[]): void;
  /** False: enough for now. Go on with `exchange.underway?.resume()`. `isGiven`: nobody else has the chunk, or will look at it again. */
  data(chunk: Buffer, isGiven?: boolean): boolean;
  end(): void;
  /** The rest will not come: the client must not take what it has for the whole. */
  breakOff(): void;
}>;

/** The end of every chain of sinks. */
export const toResponse = (exchange: Exchange): AnswerSink => ({
  head: (status, headers) => writeHead(exchange, status, headers),
  data: (chunk, isGiven) => writeChunk(exchange, chunk, isGiven),
  end: () => endAnswer(exchange),
  breakOff: () => {
    exchange.response.destroy();
  },
});

/** Begins an answer; says that it is the connection's last where the client is still sending what nobody will read. */
export const writeHead = (exchange: Exchange, status: number, headers: string[]): void => {
  if (leavesRest(exchange) && !headers.includes('Connection')) headers.push('Connection', 'close');
  exchange.response.writeHead(status, headers);
};

export const writeChunk = (exchange: Exchange, chunk: Buffer, isGiven = false): boolean => {
  const { response, underway } = exchange;
  exchange.sentBytes += chunk.length;
  if (isGiven && isReleasable(chunk) ? response.write(chunk, releaseWritten(chunk)) : response.write(chunk))
    return true;
  response.once('drain', () => underway?.resume());
  return false;
};

export const endAnswer = (exchange: Exchange): void => {
  if (leavesRest(exchange)) endAfterRest(exchange);
  else exchange.response.end();
};
