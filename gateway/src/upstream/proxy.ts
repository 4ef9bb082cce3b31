import { toForwardHeaders } from '../message/forward-headers.ts';
import type { Attempt } from '../policy.ts';
import type { OutgoingRequest } from './http1/outgoing-request.ts';
import { ProxiedRequest, type ProxiedRequestOptions } from './proxied-request.ts';
import type { UpstreamInstance } from './upstream-instance.ts';

/** Sends a request to its instance and the answer to the client, as a stream both ways. */
export const proxy = (options: ProxiedRequestOptions): Attempt =>
  function sendUpstream(exchange) {
    const { body } = exchange;
    exchange.outgoingHeaders ??= toForwardHeaders(exchange);
    const { pool } = exchange.instance as UpstreamInstance;
    const outgoing: OutgoingRequest = {
      path: (exchange.servicePath ?? exchange.path) + exchange.query,
      method: exchange.method,
      headers: exchange.outgoingHeaders,
      body: body.kind === 'none' ? null : body.kind === 'memory' ? body.bytes : body.stream,
    };
    pool.dispatch(outgoing, new ProxiedRequest(exchange, options));
  };
