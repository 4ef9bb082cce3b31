import {
  formatTraceparent,
  parseTraceparent,
  type TraceIds,
  type TraceParent,
  type Tracing,
} from '@gatehouse/service-kit';
import type { Exchange } from '../exchange.ts';

export type TraceDeps = Readonly<{
  ids: Readonly<{ next(): string }>;
  traceIds: TraceIds;
  /** Where spans go; without it there are none, and no trace that begins here is sampled. */
  tracing?: Tracing | undefined;
  /** Of the traces that begin here, the part that is sampled: 0 to 1. Of those that came, their own word holds. */
  sampleRatio: () => number;
  random: () => number;
}>;

const acceptable = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * First of all, so that every later failure carries the id: takes the client's request id over if it is sound, continues
 * its trace or starts one. Looks at raw headers itself, since it stands before they are known to be sound. For a trace that
 * is not sampled nothing but ids is made.
 */
export const startTrace = (exchange: Exchange, deps: TraceDeps): void => {
  const { headers } = exchange.request;
  const wanted = headers['x-request-id'];
  exchange.requestId = typeof wanted === 'string' && acceptable.test(wanted) ? wanted : deps.ids.next();
  exchange.answerHeaders.push('X-Request-Id', exchange.requestId);

  const { traceparent } = headers;
  const parent = typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined;
  const { tracing, traceIds } = deps;
  if (tracing !== undefined && isSampled(parent, deps)) startSpan(exchange, tracing, parent);
  else {
    const traceId = parent === undefined ? traceIds.traceId() : parent.traceId;
    exchange.traceparent = formatTraceparent(traceId, traceIds.spanId(), parent?.sampled === true);
  }
};

const isSampled = (parent: TraceParent | undefined, { sampleRatio, random }: TraceDeps): boolean =>
  parent === undefined ? random() < sampleRatio() : parent.sampled;

const startSpan = (exchange: Exchange, tracing: Tracing, parent: TraceParent | undefined): void => {
  exchange.span = tracing.start(exchange.method, {
    kind: 'server',
    parent: parent && formatTraceparent(parent.traceId, parent.spanId, true),
    attributes: {
      'http.request.method': exchange.method,
      'client.address': exchange.client.address,
      'gatehouse.request_id': exchange.requestId,
    },
  });
  exchange.traceparent = exchange.span.traceparent;
};
