import type { Exchange } from '../exchange.ts';

/**
 * The headers of the request to a service, built once for all tries: what the client may say, then what the gateway
 * says, identity last, so that nothing that a client sends can stand after it.
 */
export const toForwardHeaders = (exchange: Exchange): string[] => {
  const { message, client, principal, body } = exchange;
  const headers = message.passing;

  if (body.kind === 'stream' && message.contentLength !== undefined) {
    headers.push('content-length', String(message.contentLength));
  }
  headers.push('x-request-id', exchange.requestId, 'traceparent', exchange.traceparent);
  if (message.tracestate !== undefined && isContinued(exchange))
    headers.push('tracestate', message.tracestate);
  const hop = `${exchange.request.httpVersion} gatehouse`;
  headers.push('via', message.via === undefined ? hop : `${message.via}, ${hop}`);
  pushForwarded(headers, client, client.forwardedHost ?? message.host);
  headers.push('x-request-deadline', String(Math.floor(exchange.deadlineAtMs)));
  if (principal !== undefined) {
    headers.push('x-gatehouse-principal', principal.id, 'x-gatehouse-role', principal.role);
  }
  return headers;
};

/** What vendors say of a trace is nothing that another one could be told (W3C Trace Context §3.3). */
const isContinued = ({ message, traceparent }: Exchange): boolean =>
  message.traceparent?.slice(3, 35) === traceparent.slice(3, 35);

const pushForwarded = (headers: string[], client: Exchange['client'], host: string | undefined): void => {
  const { address, protocol } = client;
  headers.push('x-forwarded-for', address, 'x-forwarded-proto', protocol);
  const node = address.includes(':') ? `"[${address}]"` : address;
  if (host === undefined) {
    headers.push('forwarded', `for=${node};proto=${protocol}`);
    return;
  }
  headers.push('x-forwarded-host', host, 'forwarded', `for=${node};host="${host}";proto=${protocol}`);
};
