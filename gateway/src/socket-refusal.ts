import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AppError } from '@gatehouse/errors';
import { gatewayError } from './gateway-error.ts';
import { headerLimits } from './message/read-message.ts';
import { toProblem } from './problem.ts';
import type { HttpSocket } from './turns.ts';

/** Answers what never became a request for the front door, straight on its socket, and closes the connection. */
export type SocketRefusal = Readonly<{
  /** What Node's parser, or its clock, gave up on. */
  unreadable(socket: Duplex, error: ParserError): void;
  /** A CONNECT: there are no tunnels here (RFC 9110 §9.3.6). */
  connect(socket: Socket): void;
}>;

type ParserError = NodeJS.ErrnoException & { rawPacket?: Buffer; bytesParsed?: number };

/** How long a refused client may go on sending, so that it reads its answer before the connection is reset. */
const lingerMs = 1000;

export const createSocketRefusal = (ids: Readonly<{ next(): string }>): SocketRefusal => {
  /** The parser stumbles anew over every byte that follows. */
  const refused = new WeakSet<Duplex>();

  const refuse = (socket: HttpSocket, error: AppError): void => {
    if (refused.has(socket)) return;
    refused.add(socket);
    refuseInTurn(socket, error, ids);
  };

  return {
    unreadable: (socket, error) => {
      if (error.code === 'ECONNRESET') socket.destroy();
      else refuse(socket as HttpSocket, toRefusal(error));
    },
    connect: (socket) => {
      // Node has let go of the socket: nobody else listens any more.
      socket.on('error', () => {}).resume();
      refuse(socket, gatewayError('method_not_allowed', { details: { allow: 'GET, HEAD' } }));
    },
  };
};

/** Requests that were whole before the broken one get their answers first, in their order. */
const refuseInTurn = (socket: HttpSocket, error: AppError, ids: Readonly<{ next(): string }>): void => {
  if (!socket.writable) return;
  const busyWith = socket._httpMessage ?? undefined;
  if (busyWith === undefined) send(socket, error, ids.next());
  else if (busyWith.req.complete) busyWith.once('close', () => refuseInTurn(socket, error, ids));
  // What was written still leaves: often the refusal of the very request whose rest the parser stumbled over.
  else if (busyWith.headersSent) socket.destroySoon();
  else send(socket, error, ids.next());
};

const send = (socket: Socket, error: AppError, requestId: string): void => {
  const { status, headers, body } = toProblem(error, requestId);
  const lines = [`HTTP/1.1 ${status} ${reasonOf(body)}`, `X-Request-Id: ${requestId}`, 'Connection: close'];
  for (let index = 0; index < headers.length; index += 2)
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(timer));
};

const reasonOf = (body: string): string => (JSON.parse(body) as { title: string }).title;

const toRefusal = (error: ParserError): AppError => {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return gatewayError('request_timeout');
    case 'HPE_HEADER_OVERFLOW':
      return gatewayError(isUrlUnended(error.rawPacket) ? 'uri_too_long' : 'headers_too_large');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return gatewayError('payload_too_large');
    case 'HPE_INVALID_METHOD':
      return gatewayError(isSoundButUnknown(error) ? 'method_unknown' : 'malformed_request');
    default:
      return gatewayError('malformed_request');
  }
};

/** Whether the head grew over its limit within its first line. */
const isUrlUnended = (packet: Buffer | undefined): boolean => {
  const lineEnd = packet?.indexOf('\r\n') ?? 0;
  return lineEnd === -1 || lineEnd > headerLimits.urlBytes;
};

const requestLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} \/[\x21-\x7e]* HTTP\/1\.[01]\r\n/;

/** RFC 9110 §9.1: a method that nobody knows is no broken request. Seen only in the first request of a packet. */
const isSoundButUnknown = ({ rawPacket, bytesParsed = 0 }: ParserError): boolean =>
  rawPacket !== undefined && bytesParsed < 32 && requestLine.test(rawPacket.toString('latin1', 0, 1024));
