import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Ids } from '@gatehouse/contracts';
import { systemClock, wait } from '@gatehouse/resilience';
import { HttpError, kitError } from './http-error.ts';
import { toProblem } from './problem.ts';

/** Callers that have just picked this instance still get in; each answer says `Connection: close` to them. */
const LAST_CALL_MS = 300;
const DRAIN_LIMIT_MS = 4_000;

export type HttpServer = Readonly<{
  port: number;
  /**
   * Says `Connection: close` on every answer from now on, takes connections for another 300 ms, ends idle ones, and waits
   * for the others at most 4 s; then they are cut. Call it when nobody is sent here any more.
   */
  drain(): Promise<void>;
}>;

export type HttpServerDeps = Readonly<{
  listener: RequestListener;
  host: string;
  port: number;
  ids: Ids;
  limits?: HttpLimits;
}>;

/** How long a client may take for its headers, and for all of its request; looked at every `checkEveryMs`. */
type HttpLimits = Readonly<{ headersMs: number; requestMs: number; checkEveryMs: number }>;

const defaultLimits: HttpLimits = { headersMs: 10_000, requestMs: 30_000, checkEveryMs: 1_000 };

/**
 * Listens, with bounds on everything that a slow or broken client could hold on to. Node looks at its time limits only
 * every `connectionsCheckingInterval`, 30 s by default: without that setting none of them would mean anything.
 */
export const listenHttp = async ({
  listener,
  host,
  port,
  ids,
  limits = defaultLimits,
}: HttpServerDeps): Promise<HttpServer> => {
  let draining = false;
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkEveryMs,
      // Longer than any caller keeps an idle connection: the one who is about to send should be the one who closes.
      keepAliveTimeout: 65_000,
      maxHeaderSize: 16 * 1024,
      insecureHTTPParser: false,
    },
    (request, response) => {
      if (draining) response.setHeader('Connection', 'close');
      listener(request, response);
    },
  );
  server.maxHeadersCount = 100;
  server.on('clientError', (error, socket) => refuseUnreadable(error, socket as Socket, ids));
  await listen(server, host, port);

  return {
    port: (server.address() as AddressInfo).port,
    drain: async () => {
      draining = true;
      await wait(systemClock, LAST_CALL_MS);
      // Ends the idle connections too; those that are busy now are ended by their last answer.
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const cancel = systemClock.schedule(DRAIN_LIMIT_MS, () => server.closeAllConnections());
      await closed;
      cancel();
    },
  };
};

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });

/** What Node's parser refused never becomes a request: it is answered here, in the words of all other problems. */
const refuseUnreadable = (error: NodeJS.ErrnoException, socket: Socket, ids: Ids): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const requestId = ids.next();
  const { problem } = toProblem(toRefusal(error.code), requestId);
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
};

const toRefusal = (code: string | undefined): Error => {
  if (code === 'HPE_HEADER_OVERFLOW') return new HttpError('headers_too_large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new HttpError('request_timeout');
  return kitError('malformed_request');
};
