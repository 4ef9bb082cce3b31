import type { Ids } from '@gatehouse/contracts';
import { toDatabaseError } from '@gatehouse/database';
import { AppError, toAppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import { logAccess } from './access-log.ts';
import { exchangeOf, headerOf, openExchange } from './exchange.ts';
import { HttpError, kitError } from './http-error.ts';
import { withoutRedaction } from './logger.ts';
import type { HttpMetrics } from './metrics.ts';
import { statusOfKind } from './problem.ts';
import { toRequestId } from './request-context.ts';
import { sendProblem } from './send.ts';
import { endRequestSpan, startRequestTrace } from './tracing/request-trace.ts';
import { createTraceIds } from './tracing/trace-ids.ts';
import type { Tracing } from './tracing/tracing.ts';

export type HttpAppDeps = Readonly<{
  /** Operations first (`/livez` …), then the route table. */
  handlers: readonly RequestHandler[];
  metrics: HttpMetrics;
  logger: Logger;
  clock: Clock;
  ids: Ids;
  /** Where the spans of sampled traces go; without it there are none. */
  tracing?: Tracing | undefined;
}>;

/** Express, hardened: what it would do by default and must not is switched off here, in one place. */
export const createHttpApp = ({ handlers, metrics, logger, clock, ids, tracing }: HttpAppDeps): Express => {
  const traceIds = createTraceIds();
  const accessLogger = withoutRedaction(logger);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  // Outside "production" Express's own error page shows stacks; ours is always before it, this is the second lock.
  app.set('env', 'production');

  const observe: RequestHandler = (request, response, next) => {
    const requestId = toRequestId(headerOf(request, 'x-request-id'), ids);
    const trace = startRequestTrace(request, { tracing, traceIds });
    const exchange = { requestId, ...trace, startedAtMs: clock.monotonic() };
    openExchange(request, exchange);
    response.setHeader('X-Request-Id', requestId);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    const done = metrics.begin();
    response.once('close', () => {
      const durationMs = clock.monotonic() - exchange.startedAtMs;
      done(request, response, exchange, durationMs);
      logAccess(accessLogger, request, response, exchange, durationMs);
      endRequestSpan(request, response, exchange);
    });
    next();
  };

  const refuseBadEncoding: RequestHandler = (request, _response, next) => {
    if (!isDecodable(request.path))
      throw kitError('malformed_request', { message: 'The path is encoded badly.' });
    next();
  };

  const notFound: RequestHandler = () => {
    throw kitError('not_found');
  };

  const problems: ErrorRequestHandler = (thrown: unknown, request, response, _next) => {
    const error = thrown instanceof HttpError ? thrown : toAppError(toDatabaseError(thrown));
    if (error instanceof AppError && statusOfKind[error.kind] >= 500)
      logger.error({ requestId: exchangeOf(request).requestId, err: error }, 'request failed');
    sendProblem(request, response, error);
  };

  app.use(observe, refuseBadEncoding, ...handlers, notFound, problems);
  return app;
};

const isDecodable = (path: string): boolean => {
  if (!path.includes('%')) return true;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
};
