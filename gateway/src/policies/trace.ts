import { formatTraceparent, parseTraceparent, type TraceIds } from '@gatehouse/service-kit';
import type { Exchange } from '../exchange.ts';

export type TraceDeps = Readonly<{ ids: Readonly<{ next(): string }>; traceIds: TraceIds }>;

const acceptable = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * First of all, so that every later failure carries the id: takes the client's request id over if it is sound, continues
 * its trace or starts one. Looks at raw headers itself, since it stands before they are known to be sound.
 */
export const startTrace = (exchange: Exchange, { ids, traceIds }: TraceDeps): void => {
  const { headers } = exchange.request;
  const wanted = headers['x-request-id'];
  exchange.requestId = typeof wanted === 'string' && acceptable.test(wanted) ? wanted : ids.next();
  exchange.answerHeaders.push('X-Request-Id', exchange.requestId);

  const { traceparent } = headers;
  const parent = parseTraceparent(typeof traceparent === 'string' ? traceparent : undefined);
  exchange.traceparent =
    parent === undefined
      ? formatTraceparent(traceIds.traceId(), traceIds.spanId(), false)
      : formatTraceparent(parent.traceId, traceIds.spanId(), parent.sampled);
};
