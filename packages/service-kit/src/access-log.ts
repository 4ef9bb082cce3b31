import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Exchange } from './exchange.ts';

const operations: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);

/** Asked for every few seconds by checks and by our own parts; at `info` they would drown the rest. Whoever is refused shows. */
const isRoutine = (route: string, status: number): boolean =>
  operations.has(route) || (route.startsWith('/internal/') && status < 400);

/**
 * One line a request, when its connection is done with it. Neither query nor body: both may hold secrets. A status of 499
 * means that the client went away before it had its answer.
 */
export const logAccess = (
  logger: Logger,
  request: IncomingMessage,
  response: ServerResponse,
  exchange: Exchange,
  durationMs: number,
): void => {
  const { requestId, traceparent, route, principal, errorCode } = exchange;
  const line = {
    requestId,
    traceId: traceparent.slice(3, 35),
    method: request.method,
    path: (request.url ?? '').split('?', 1)[0],
    route: route ?? 'unmatched',
    status: response.writableFinished ? response.statusCode : 499,
    durationMs: Math.round(durationMs * 10) / 10,
    ...(principal === undefined ? {} : { caller: principal.kind === 'user' ? principal.id : principal.name }),
    ...(errorCode === undefined ? {} : { error: { code: errorCode } }),
  };
  if (isRoutine(line.route, line.status)) logger.debug(line, 'request');
  else logger.info(line, 'request');
};
