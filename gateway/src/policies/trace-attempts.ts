import type { TraceSpan, Tracing } from '@gatehouse/service-kit';
import type { Exchange, OnTried } from '../exchange.ts';
import type { Attempt } from '../policy.ts';
import type { Failure } from '../upstream/failure.ts';

/**
 * Innermost: a span for each try of a sampled request, whose id the service gets as its parent. For all other requests one
 * look at a field; without a collector not even that.
 */
export const traceAttempts =
  (tracing: Tracing | undefined) =>
  (attempt: Attempt): Attempt => {
    if (tracing === undefined) return attempt;

    return function traceAttempt(exchange) {
      const { span: request } = exchange;
      if (request === undefined) {
        attempt(exchange);
        return;
      }
      const span = tracing.start(exchange.method, {
        kind: 'client',
        parent: request.traceparent,
        attributes: attributesOf(exchange),
      });
      handOn(exchange, span.traceparent);
      const { onTried } = exchange;
      const end: OnTried = (same, failure, refusal) => {
        exchange.onTried = onTried;
        endAttempt(span, same, { failure, refusal });
        onTried(same, failure, refusal);
      };
      exchange.onTried = end;
      try {
        attempt(exchange);
      } catch (error) {
        exchange.onTried = onTried;
        span.end('not_sent');
        throw error;
      }
    };
  };

const attributesOf = ({ method, attempts, instance }: Exchange) => ({
  'http.request.method': method,
  'http.request.resend_count': attempts > 1 ? attempts - 1 : undefined,
  'server.address': instance?.instance.address,
  'server.port': instance?.instance.port,
  'gatehouse.service': instance?.instance.service,
  'gatehouse.instance': instance?.instance.id,
});

/** The headers are built once for all tries, so only the value changes in later ones. */
const handOn = (exchange: Exchange, traceparent: string): void => {
  exchange.traceparent = traceparent;
  const headers = exchange.outgoingHeaders;
  if (headers === undefined) return;
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] === 'traceparent') headers[index + 1] = traceparent;
  }
};

type TryEnd = Readonly<{ failure: Failure | undefined; refusal: unknown }>;

const endAttempt = (span: TraceSpan, exchange: Exchange, { failure, refusal }: TryEnd): void => {
  const { response, errorCode } = exchange;
  const status = failure === undefined && response.headersSent ? response.statusCode : failure?.status;
  span.set({ 'http.response.status_code': status });
  if (failure !== undefined && failure.kind !== 'status') span.end(failure.kind);
  else if (refusal !== undefined) span.end('refused_here');
  else if (errorCode === 'bad_gateway' || errorCode === 'gateway_timeout') span.end(errorCode);
  else if (status === undefined) span.end('client_gone');
  else span.end(status >= 400 ? String(status) : undefined);
};
