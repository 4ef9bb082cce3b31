import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@gatehouse/resilience';
import type { FrontDoor } from './front-door.ts';
import { gatewayError } from './gateway-error.ts';
import { headerLimits } from './message/read-message.ts';
import { toProblem } from './problem.ts';
import { cutOffSilent } from './silent-connections.ts';
import { createSocketRefusal } from './socket-refusal.ts';
import { createTurns, isBusy } from './turns.ts';
import type { UpgradeDoor } from './upgrade/upgrade-door.ts';

export type PublicServerDeps = Readonly<{
  handle: FrontDoor;
  upgrades: UpgradeDoor;
  ids: Readonly<{ next(): string }>;
  /** Of all routes of the moment: a connection must not count as idle while its service may still answer. */
  longestTimeoutMs: () => number;
  clock: Clock;
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

/** By so much a connection may be silent for longer than any service may take to answer. */
const idleMarginMs = 5000;

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
  clock,
  limits = serverLimits,
}: PublicServerDeps): Server => {
  let unheard: IncomingMessage | undefined;
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
    shouldUpgradeCallback: (request) => {
      // An answer that is still to come must not fall among the bytes of the other protocol.
      if (!isBusy(request.socket) && upgrades.isWanted(request)) return true;
      unheard = request;
      return false;
    },
  });
  // 0: all of them. Node would leave out those over its limit without a word; we count and answer 431.
  server.maxHeadersCount = 0;
  cutOffSilent({
    ...{ server, clock, everyMs: limits.checkingIntervalMs },
    limitMs: () => Math.max(limits.idleTimeoutMs, longestTimeoutMs() + idleMarginMs),
  });
  const refusal = createSocketRefusal(ids);
  const turns = createTurns();

  const letIn = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    const { socket } = request;
    // Without its socket it is not its turn yet: there is an answer before it, and that may be the last.
    if (response.socket === null ? !turns.mayFollow(socket, response) : !socket.writable) return;
    // Node throws away what came together with it, so nothing may be expected to follow.
    if (request === unheard) response.shouldKeepAlive = false;
    handle(request, response, expectsContinue);
  };
  server.on('request', (request, response) => letIn(request, response, false));
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // Node is content with a list that holds it among others.
    if (request.headers.expect?.toLowerCase() !== '100-continue') {
      refuseExpectation(request, response, ids.next());
      return;
    }
    if (!hasBody(request)) response.shouldKeepAlive = false; // Node ends it, and says so only with the answer.
    letIn(request, response, true);
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    refuseExpectation(request, response, ids.next()),
  );
  server.on('upgrade', (request, socket, first) => upgrades.accept(request, socket as Socket, first));
  server.on('connect', (request: IncomingMessage) => refusal.connect(request.socket));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refusal.unreadable(socket, error));
  return server;
};

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;

/** RFC 9110 §10.1.1. */
const refuseExpectation = (request: IncomingMessage, response: ServerResponse, requestId: string): void => {
  const { status, headers, body } = toProblem(gatewayError('expectation_failed'), requestId);
  response.writeHead(status, [...headers, 'X-Request-Id', requestId, 'Connection', 'close']).end(body);
  request.resume();
};
