import type { IncomingMessage } from 'node:http';
import type { Principal, ServicePrincipal } from '@gatehouse/auth';
import type { TraceSpan } from './tracing/tracing.ts';

/** What the kit notes of a request while it is worked on, for its answer, log line and metrics. */
export type Exchange = {
  readonly requestId: string;
  readonly traceparent: string;
  /** Of a sampled trace, where there is a collector. */
  readonly span?: TraceSpan | undefined;
  readonly startedAtMs: number;
  /** The pattern, never the path: bounded. */
  route?: string;
  principal?: Principal | ServicePrincipal;
  errorCode?: string;
};

const exchanges = new WeakMap<IncomingMessage, Exchange>();

export const openExchange = (request: IncomingMessage, exchange: Exchange): void =>
  void exchanges.set(request, exchange);

/** Of a request that went through `observe`. */
export const exchangeOf = (request: IncomingMessage): Exchange => {
  const exchange = exchanges.get(request);
  if (exchange === undefined) throw new Error('the request was not observed');
  return exchange;
};

/** The one value of a header; several are joined as Node joins them. */
export const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
};
