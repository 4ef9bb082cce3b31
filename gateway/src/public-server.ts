import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AppError } from '@gatehouse/errors';
import type { FrontDoor } from './front-door.ts';
import { gatewayError } from './gateway-error.ts';
import { headerLimits } from './message/read-message.ts';
import { toProblem } from './problem.ts';
import type { UpgradeDoor } from './upgrade/upgrade-door.ts';

export type PublicServerDeps = Readonly<{
  handle: FrontDoor;
  upgrades: UpgradeDoor;
  ids: Readonly<{ next(): string }>;
  /** Of all routes: a connection must not count as idle while its service may still answer. */
  longestTimeoutMs: number;
  limits?: ServerLimits;
}>;

export type ServerLimits = Readonly<Record<keyof typeof serverLimits, number>>;

/** Time limits of the public side, in milliseconds. */
export const serverLimits = {
  headersTimeoutMs: 10_000,
  /** To the end of the body. */
  requestTimeoutMs: 30_000,
  /** Without a byte either way: a reader or a writer that has stopped. */
  idleTimeoutMs: 60_000,
  keepAliveTimeoutMs: 65_000,
  /** Node looks at its time limits only this often. */
  checkingIntervalMs: 500,
} as const;

/** Node's own limit on the whole head, so that ours (with 431 and 414 told apart) come first. */
const headBytes = headerLimits.bytes + headerLimits.urlBytes + 4096;

/**
 * The HTTP server of the public port. What Node's parser refuses is answered as a problem too, and the connection is
 * closed: after broken framing nobody can say where the next request begins.
 */
export const createPublicServer = ({
  handle,
  upgrades,
  ids,
  longestTimeoutMs,
  limits = serverLimits,
}: PublicServerDeps): Server => {
  const server = createServer({
    // Checked where the answer is a problem of ours.
    requireHostHeader: false,
    optimizeEmptyRequests: true,
    connectionsCheckingInterval: limits.checkingIntervalMs,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxHeaderSize: headBytes,
    // Where no route takes it, the wish is not heard (RFC 9110 §7.8).
    shouldUpgradeCallback: upgrades.isWanted,
  });
  // 0: all of them. Node would leave out those over its limit without a word; we count and answer 431.
  server.maxHeadersCount = 0;
  server.setTimeout(Math.max(limits.idleTimeoutMs, longestTimeoutMs + 5000));

  server.on('request', (request, response) => handle(request, response, false));
  server.on('checkContinue', (request, response) => handle(request, response, true));
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const requestId = ids.next();
    const { status, headers, body } = toProblem(gatewayError('expectation_failed'), requestId);
    response.writeHead(status, [...headers, 'X-Request-Id', requestId, 'Connection', 'close']).end(body);
    request.resume();
  });
  server.on('upgrade', (request, socket, first) => upgrades.accept(request, socket as Socket, first));
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    const error = gatewayError('method_not_allowed', { details: { allow: 'GET, HEAD' } });
    refuseOnSocket(socket, error, ids.next());
  });
  server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
    if (error.code === 'ECONNRESET') socket.destroy();
    else if (!socket.writable)
      return; // Refused already; it ends when that has left.
    // What was written still leaves: often the refusal of the very request whose rest the parser stumbled over.
    else if (hasAnswerUnderWay(socket)) (socket as Socket).destroySoon();
    else refuseOnSocket(socket, toRefusal(error), ids.next());
  });
  return server;
};

/** Node keeps the answer that a socket is busy with here, and has no public name for it. */
const hasAnswerUnderWay = (socket: Duplex): boolean =>
  (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage?.headersSent === true;

const toRefusal = ({ code, rawPacket }: NodeJS.ErrnoException & { rawPacket?: Buffer }): AppError => {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return gatewayError('request_timeout');
    case 'HPE_HEADER_OVERFLOW':
      return gatewayError(isUrlUnended(rawPacket) ? 'uri_too_long' : 'headers_too_large');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return gatewayError('payload_too_large');
    default:
      return gatewayError('malformed_request');
  }
};

/** Whether the head grew over its limit within its first line. */
const isUrlUnended = (packet: Buffer | undefined): boolean => {
  const lineEnd = packet?.indexOf('\r\n') ?? 0;
  return lineEnd === -1 || lineEnd > headerLimits.urlBytes;
};

const refuseOnSocket = (socket: Duplex, error: AppError, requestId: string): void => {
  const { status, headers, body } = toProblem(error, requestId);
  const lines = [`HTTP/1.1 ${status} ${reasonOf(body)}`, `X-Request-Id: ${requestId}`, 'Connection: close'];
  for (let index = 0; index < headers.length; index += 2)
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
};

const reasonOf = (body: string): string => (JSON.parse(body) as { title: string }).title;
