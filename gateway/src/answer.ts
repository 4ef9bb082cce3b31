import type { AppError } from '@gatehouse/errors';
import type { Exchange } from './exchange.ts';
import { toProblem } from './problem.ts';

/** How much of a body that nobody wants is still taken in, and for how long, so that its sender reads the answer. */
const lingerBytes = 1_048_576;
const lingerMs = 1000;
/** A rest of this size is not worth a connection: Node reads it away by itself. */
const harmlessRestBytes = 65_536;

/** Refusals after which the bytes that follow on the connection cannot be trusted to be a request. */
const closingCodes = new Set(['malformed_request', 'headers_too_large', 'uri_too_long', 'request_timeout']);

/**
 * Answers with a failure. Once the client has a byte of another answer there is only one way left to say so: the
 * connection is broken off, so that nobody takes half an answer for a whole one.
 */
export const answerProblem = (exchange: Exchange, error: AppError): void => {
  exchange.errorCode = error.code;
  const { response, method } = exchange;
  if (exchange.gone) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, headers, body } = toProblem(error, exchange.requestId);
  headers.push(...exchange.answerHeaders);
  if (closingCodes.has(error.code)) headers.push('Connection', 'close');
  send(exchange, status, headers, method === 'HEAD' ? undefined : body);
};

/** Answers without a body: preflights and the like. */
export const answerEmpty = (exchange: Exchange, status: number): void =>
  send(exchange, status, [...exchange.answerHeaders], undefined);

const send = (exchange: Exchange, status: number, headers: string[], body: string | undefined): void => {
  const { response } = exchange;
  if (body !== undefined) exchange.sentBytes += Buffer.byteLength(body);
  if (!leavesRest(exchange, headers.includes('Connection') ? 0 : harmlessRestBytes)) {
    response.writeHead(status, headers);
    response.end(body);
    return;
  }
  if (!headers.includes('Connection')) headers.push('Connection', 'close');
  response.writeHead(status, headers);
  if (body === undefined) response.flushHeaders();
  else response.write(body);
  endAfterRest(exchange);
};

/** Whether the client is still sending a body so large, or so undecided, that the connection has to go with it. */
export const leavesRest = (
  { request, expectsContinue }: Exchange,
  harmlessBytes = harmlessRestBytes,
): boolean => {
  if (request.complete) return false;
  const { 'transfer-encoding': coding, 'content-length': length = '0' } = request.headers;
  return coding !== undefined || expectsContinue || !(Number(length) <= harmlessBytes);
};

/**
 * Ends an answer that stands before the end of its request: everything was written, now the rest of the body is read
 * away, within bounds. A connection closed with bytes unread is reset, and the client would lose the answer.
 */
export const endAfterRest = ({ request, response, clock, expectsContinue }: Exchange): void => {
  if (expectsContinue) {
    response.end(); // The body was never asked for.
    return;
  }
  let bytes = 0;
  const end = (): void => {
    cancelTimer();
    request.off('data', onData).off('end', end);
    response.end();
  };
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > lingerBytes) end();
  };
  const cancelTimer = clock.schedule(lingerMs, end);
  response.once('close', cancelTimer);
  request.on('data', onData).on('end', end).resume();
};
