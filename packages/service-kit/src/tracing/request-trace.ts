import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Exchange, headerOf } from '../exchange.ts';
import type { TraceIds } from './trace-ids.ts';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';
import type { Tracing } from './tracing.ts';

/**
 * The trace that a request belongs to. A service continues the caller's; it never begins one that is sampled, since every
 * request from outside comes through the gateway, which decides. Only for a sampled one, where there is a collector, a
 * span is made.
 */
export const startRequestTrace = (
  request: IncomingMessage,
  { tracing, traceIds }: Readonly<{ tracing: Tracing | undefined; traceIds: TraceIds }>,
): Pick<Exchange, 'traceparent' | 'span'> => {
  const header = headerOf(request, 'traceparent');
  const parent = parseTraceparent(header);
  if (parent === undefined)
    return { traceparent: formatTraceparent(traceIds.traceId(), traceIds.spanId(), false) };
  if (tracing === undefined || !parent.sampled)
    return { traceparent: formatTraceparent(parent.traceId, traceIds.spanId(), parent.sampled) };

  const method = request.method ?? '';
  const span = tracing.start(method, {
    kind: 'server',
    parent: header,
    attributes: { 'http.request.method': method, 'url.path': (request.url ?? '').split('?', 1)[0] },
  });
  return { traceparent: span.traceparent, span };
};

/** When the connection is done with the answer. Only what is a fault of ours (5xx) or broke off is an error. */
export const endRequestSpan = (
  request: IncomingMessage,
  response: ServerResponse,
  { span, route, requestId, errorCode }: Exchange,
): void => {
  if (span === undefined) return;
  const { statusCode, writableFinished } = response;
  span.set(
    {
      'http.route': route,
      'http.response.status_code': statusCode,
      'gatehouse.request_id': requestId,
    },
    route === undefined ? undefined : `${request.method} ${route}`,
  );
  if (!writableFinished) span.end('client_gone');
  else span.end(statusCode >= 500 ? (errorCode ?? String(statusCode)) : undefined);
};
